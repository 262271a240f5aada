// node proxy.js TARGET: a reverse proxy that compresses, on a free port of 127.0.0.1, which it prints.
import compression from "compression";
import express from "express";
import { createProxyMiddleware } from "http-proxy-middleware";

const app = express();
app.use(compression());
app.use(createProxyMiddleware({ target: process.argv[2], xfwd: true }));
const server = app.listen(Number(process.argv[3] ?? 0), "127.0.0.1", () => console.log(server.address().port));
