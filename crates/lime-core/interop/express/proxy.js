// node proxy.js TARGET PORT: a reverse proxy that compresses, on a port of 127.0.0.1.
import compression from "compression";
import express from "express";
import { createProxyMiddleware } from "http-proxy-middleware";

const app = express();
app.use(compression());
app.use(createProxyMiddleware({ target: process.argv[2], xfwd: true }));
app.listen(Number(process.argv[3]), "127.0.0.1");
