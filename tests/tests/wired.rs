//! The wired stage: the real server as its own process, real SIP and RTP on loopback. One test binary for all of it,
//! so that it links once.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a story that cannot go on fails by panicking")]

/// Tells a story on this stage. A `long` one is told here when LONG=1; the pure stage always tells it.
macro_rules! story {
    ($name:ident, |$stage:ident| $body:block) => {
        #[test]
        fn $name() {
            scenarios::story::wired::run(|$stage: &scenarios::story::Stage| $body);
        }
    };
    (long $name:ident, |$stage:ident| $body:block) => {
        #[test]
        fn $name() {
            let story = |$stage: &scenarios::story::Stage| $body;
            if scenarios::story::wired::is_long() {
                scenarios::story::wired::run(story);
            }
        }
    };
}

#[path = "../stories/mod.rs"]
mod stories;

#[path = "../wired/mod.rs"]
mod only_wired;

use std::time::Duration;

use scenarios::stage::{
    StageError,
    client::Client,
    server::{ADMIN, Server, Setup},
    skip::where_installed,
};

const SOON: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn the_server_starts_signs_its_administrator_in_and_comes_back_after_a_kill() {
    let Some(mut server) = where_installed(Server::start(Setup::default()).await).unwrap() else { return };
    for life in 0..2 {
        let admin = Client::sign_in(server.http(), ADMIN.0, ADMIN.1).await.unwrap();
        let ready = || async {
            if admin.is_ready().await? { Ok(()) } else { Err(StageError::NotNow("not ready".into())) }
        };
        scenarios::stage::wait::until_async("the server takes calls", SOON, ready).await.unwrap();
        assert_eq!(admin.me().await.unwrap()["user"]["username"], ADMIN.0, "life {life}");
        server.kill().await.unwrap();
        server.restart().await.unwrap();
    }
    assert!(server.stop().await.unwrap(), "{}", server.log_tail(20));
}

/// A server that was told to stop between saying that it is ready and listening for that died in the middle of its work.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_told_to_stop_the_moment_it_is_ready_stops_in_order() {
    let Some(mut server) = where_installed(Server::start(Setup::default()).await).unwrap() else { return };
    for life in 0..12 {
        assert!(server.stop().await.unwrap(), "life {life}: {}", server.log_tail(20));
        server.restart().await.unwrap();
    }
    assert!(server.stop().await.unwrap(), "{}", server.log_tail(20));
}
