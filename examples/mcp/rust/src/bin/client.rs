//! An agent: calls a tool of an MCP server with a token from LIME Core.
//!
//! Usage: client URL. Reads `LIME_BASE_URL`, `LIME_AGENT_ID` and `LIME_AGENT_TOKEN` from the environment, and
//! `MCP_RESOURCE`, the URL that the server has in its tokens, where it is not reached at that.

use std::env;
use std::error::Error;

use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::auth::{AuthClient, AuthorizationManager, ClientCredentialsConfig};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::args().nth(1).ok_or("usage: client URL")?;
    let manager = authorize(&url).await?;
    let client = AuthClient::new(reqwest::Client::new(), manager);
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let session = ().serve(StreamableHttpClientTransport::with_client(client, config)).await?;
    let result = session.call_tool(CallToolRequestParams::new("whoami")).await?;
    let text = result.content.first().and_then(|content| content.as_text()).ok_or("no text")?;
    println!("the server knows me as agent {}", text.text);
    session.cancel().await?;
    Ok(())
}

/// Gets a token. It is good for five minutes, and this SDK does not get another one by itself.
async fn authorize(url: &str) -> Result<AuthorizationManager, Box<dyn Error>> {
    let issuer = env::var("LIME_BASE_URL")?;
    let mut manager = AuthorizationManager::new(url).await?;
    let metadata = manager.resolve_metadata().await?.metadata;
    // Without this, the MCP server decides who is sent the agent's token.
    if metadata.issuer.as_deref() != Some(&issuer) {
        return Err(format!("the server wants tokens of {:?}, not of {issuer}", metadata.issuer).into());
    }
    manager.set_metadata(metadata);
    let config = ClientCredentialsConfig::ClientSecret {
        client_id: env::var("LIME_AGENT_ID")?,
        client_secret: env::var("LIME_AGENT_TOKEN")?,
        scopes: Vec::new(),
        resource: Some(env::var("MCP_RESOURCE").unwrap_or_else(|_| url.to_owned())),
    };
    manager.validate_client_credentials_metadata(&config)?;
    manager.configure_client_credentials(&config)?;
    manager.exchange_client_credentials(&config).await?;
    Ok(manager)
}
