//! The tests that every store must pass: [`suite!`](crate::suite!) makes them for one.
//!
//! Each gets two handles on one new, empty store, as two processes have, and panics where the contract is
//! broken. A store of one process hands out two clones of the same handle.

mod fixtures;
mod logins;
mod principals;
mod shared;

pub use fixtures::Handles;
pub use logins::*;
pub use principals::*;
pub use shared::*;

/// Makes a module of tests for a store. `make` names an `async fn() -> lime_store::suite::Handles` in the
/// module around it; each test calls it once. The two handles should share nothing but the store, or the
/// tests across handles say little. Nothing is cleaned up: what must outlive the handles is to be kept by
/// them, or leaked. The crate needs tokio with `macros` and `rt-multi-thread` for its tests.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use lime_store::MemoryStore;
/// use lime_store::suite::Handles;
///
/// async fn handles() -> Handles {
///     let store = Arc::new(MemoryStore::new(7));
///     [store.clone(), store]
/// }
///
/// lime_store::suite!(memory, handles);
/// ```
#[macro_export]
macro_rules! suite {
    ($module:ident, $make:ident) => {
        $crate::suite! { @tests $module, $make,
            abandoned_changes_are_whole_or_nothing,
            a_condition_is_checked_with_its_change,
            a_login_has_its_site_and_agent,
            a_removed_principal_is_gone_for_good,
            a_change_leaves_everything_else_as_it_is,
            a_paused_call_holds_up_nobody,
            a_reader_between_two_writers_misses_nothing,
            a_replaced_token_finds_nobody,
            a_token_has_one_holder,
            a_transition_and_its_event_are_one,
            an_agent_needs_its_owner,
            an_old_token_works_beside_the_new_one,
            an_insertion_can_be_repeated,
            changes_can_be_repeated,
            events_are_numbered_by_site_and_read_in_pages,
            hints_follow_changes,
            late_passports_can_be_sent_again,
            nobody_needs_hints,
            old_requests_and_events_go,
            one_of_many_approvals_wins,
            only_news_is_news,
            pending_requests_are_limited_by_the_clock,
            principals_are_found_by_id_and_token,
            principals_are_listed_in_slices,
            requests_are_kept_as_they_are,
            sweeping_expires_what_is_due_once,
            the_clock_may_step_back,
            two_writers_keep_one_limit,
        }
    };
    (@tests $module:ident, $make:ident, $($test:ident,)*) => {
        mod $module {
            $(
                #[::tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $test() {
                    $crate::suite::$test(super::$make().await).await;
                }
            )*
        }
    };
}
