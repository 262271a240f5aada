//! What proxies, browsers and the HTTP libraries of other languages need: spellings, fields, caching.

mod common;

use common::World;
use serde_json::json;

const REQUESTS: &str = "/api/v1/modules/agent-login/requests";

/// Swift and Windows print UUIDs in capitals; answers have the one spelling that all others compare with.
#[tokio::test]
async fn an_id_is_read_in_either_case() {
    let world = World::new().await;
    let id = world.create(0).await;
    let capitals = id.to_uppercase();
    assert_ne!(id, capitals);
    let challenge = world.get(&format!("/api/v1/auth/requests/{capitals}"), &[]).await;
    assert_eq!(challenge.data()["request_id"], json!(id));
    let nonce = json!(world.solve(&id, 1).await[0]);
    assert_eq!(world.approve(0, &capitals, &nonce).await.data()["request_id"], json!(id));
    let token = world.site(0).1.reveal();
    let state = world.get(&format!("{REQUESTS}/{capitals}"), &[("x-site-token", token)]).await;
    assert_eq!(state.data()["login_request_id"], json!(id));
}
