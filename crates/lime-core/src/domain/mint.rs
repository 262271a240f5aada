//! Passports: their claims and signatures, one for all connections that are about to send the same.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lime_proto::login::{Approval, LoginRequest};
use lime_proto::{
    BACKDATED, Id, LOGIN_AUDIENCE, LOGIN_LIFE, Origin, PASSPORT_VERSION, PassportClaims, Timestamp,
};
use tokio::sync::OnceCell;

use crate::clock::Clock;
use crate::keys::{Keys, SignError, Typ};

/// How long a passport is shared. It lives for a minute, most of which belongs to the site.
const SHARED: Duration = Duration::from_secs(5);

/// Makes passports, and keeps each for a moment.
pub(crate) struct Mint {
    keys: Keys,
    clock: Arc<dyn Clock>,
    issuer: Origin,
    recent: Mutex<Recent>,
}

/// Passports made a moment ago.
#[derive(Debug, Default)]
struct Recent {
    cells: HashMap<Id, (Timestamp, Cell)>,
    /// When passports were begun, the oldest first.
    order: VecDeque<(Timestamp, Id)>,
}

type Cell = Arc<OnceCell<String>>;

impl Mint {
    pub(crate) fn new(keys: Keys, clock: Arc<dyn Clock>, issuer: Origin) -> Self {
        Self { keys, clock, issuer, recent: Mutex::default() }
    }

    /// The passport of an approval; one for all connections that ask within a few seconds.
    pub(crate) async fn passport(
        &self,
        request: &LoginRequest,
        approval: &Approval,
    ) -> Result<String, SignError> {
        let claims = || {
            let now = self.clock.now();
            PassportClaims {
                aud: LOGIN_AUDIENCE.to_owned(),
                iss: self.issuer.to_string(),
                sub: approval.agent,
                request_id: request.id,
                site_id: Some(request.site),
                user_id: approval.owner,
                passport_version: PASSPORT_VERSION.to_owned(),
                iat: (now - BACKDATED).unix_seconds(),
                exp: (now + LOGIN_LIFE).unix_seconds(),
            }
        };
        let cell = self.cell(request.id);
        cell.get_or_try_init(|| self.keys.sign(&*self.clock, Typ::Jwt, claims)).await.cloned()
    }

    /// Forgets passports that are no longer shared.
    pub(crate) fn forget(&self) {
        let now = self.clock.now();
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).forget(now);
    }

    fn cell(&self, request: Id) -> Cell {
        let now = self.clock.now();
        let recent = &mut *self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.forget(now);
        let (_, cell) = recent.cells.entry(request).or_insert_with(|| {
            recent.order.push_back((now, request));
            (now, Cell::default())
        });
        Arc::clone(cell)
    }
}

impl Recent {
    fn forget(&mut self, now: Timestamp) {
        let is_old = |made: Timestamp| made + SHARED <= now || made > now;
        while let Some((made, id)) = self.order.front().copied().filter(|(made, _)| is_old(*made)) {
            self.order.pop_front();
            if self.cells.get(&id).is_some_and(|cell| cell.0 == made) {
                self.cells.remove(&id);
            }
        }
    }
}
