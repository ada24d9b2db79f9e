//! Tests that fail without the patch, and pass with it.

use std::{
    future::poll_fn,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use compio_buf::bytes::Bytes;
use compio_io::AsyncWriteExt;
use compio_quic::{Connection, ConnectionError, Endpoint, TransportConfig, h3::quic};
use compio_runtime::{spawn, time::timeout};
use futures_util::{FutureExt, future::join};

#[allow(dead_code)]
mod common;

const SOON: Duration = Duration::from_secs(3);

struct Noop;

impl Wake for Noop {
    fn wake(self: Arc<Self>) {}
}

/// Polls the future once with the waker, and drops it.
fn poll_once<F: Future>(future: F, waker: &Waker) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(waker))
}

async fn endpoint() -> Endpoint {
    let mut transport = TransportConfig::default();
    transport.max_concurrent_uni_streams(0u32.into());
    let (server, client) = common::config_pair(Some(transport));
    let mut endpoint = Endpoint::server("127.0.0.1:0", server).await.unwrap();
    endpoint.default_client_config = Some(client);
    endpoint
}

async fn connect(endpoint: &Endpoint) -> Connection {
    let address = endpoint.local_addr().unwrap();
    endpoint.connect(address, "localhost", None).unwrap().await.unwrap()
}

async fn accept(endpoint: &Endpoint) -> Connection {
    endpoint.wait_incoming().await.unwrap().await.unwrap()
}

#[compio_macros::test]
async fn dropped_waits_drop_their_wakers() {
    let endpoint = endpoint().await;
    let (client, _server) = join(connect(&endpoint), accept(&endpoint)).await;
    let task = Arc::new(Noop);
    let waker = Waker::from(task.clone());
    for _ in 0..100 {
        assert!(poll_once(endpoint.wait_incoming(), &waker).is_pending());
        assert!(poll_once(client.recv_datagram(), &waker).is_pending());
        assert!(poll_once(client.accept_uni(), &waker).is_pending());
        assert!(poll_once(client.accept_bi(), &waker).is_pending());
        assert!(poll_once(client.open_uni_wait(), &waker).is_pending());
    }
    drop(waker);
    assert_eq!(Arc::strong_count(&task), 1);
}

#[compio_macros::test]
async fn polls_of_h3_keep_one_waker() {
    let endpoint = endpoint().await;
    let (client, mut server) = join(connect(&endpoint), accept(&endpoint)).await;
    let mut accept = |cx: &mut Context| {
        quic::Connection::<Bytes>::poll_accept_bidi(&mut server, cx).map(Result::unwrap)
    };
    let task = Arc::new(Noop);
    let waker = Waker::from(task.clone());
    for _ in 0..100 {
        assert!(accept(&mut Context::from_waker(&waker)).is_pending());
    }
    drop(waker);
    assert_eq!(Arc::strong_count(&task), 2);

    let (mut stream, _) = client.open_bi().unwrap();
    stream.write_all(b"request").await.unwrap();
    timeout(SOON, poll_fn(accept)).await.expect("the poll was not woken");
    assert_eq!(Arc::strong_count(&task), 1);
}

#[compio_macros::test]
async fn incoming_wakes_acceptor_behind_dropped_waits() {
    let endpoint = endpoint().await;
    for _ in 0..100 {
        assert!(poll_once(endpoint.wait_incoming(), Waker::noop()).is_pending());
    }
    // Two tasks, because a task that is woken for one future polls the other one as well.
    let acceptor = endpoint.clone();
    let acceptor = spawn(async move { accept(&acceptor).await });
    let connector = spawn(async move { connect(&endpoint).await });
    timeout(SOON, acceptor).await.expect("the acceptor was not woken").unwrap();
    connector.await.unwrap();
}

#[compio_macros::test]
async fn handshake_wakes_all_waits_for_0rtt() {
    let endpoint = endpoint().await;
    let address = endpoint.local_addr().unwrap();
    let client = endpoint.connect(address, "localhost", None).unwrap();
    let incoming = endpoint.wait_incoming().await.unwrap();
    let server = incoming.accept().unwrap().into_0rtt().unwrap();
    let waits = [server.clone(), server]
        .map(|server| spawn(async move { server.accepted_0rtt().await.unwrap() }));
    let _client = client.await.unwrap();
    for wait in waits {
        timeout(SOON, wait).await.expect("a wait was not woken").unwrap();
    }
}

#[compio_macros::test]
async fn close_completes_all_waits_for_it() {
    let endpoint = endpoint().await;
    let (client, server) = join(connect(&endpoint), accept(&endpoint)).await;
    let waits =
        [client.clone(), client.clone()].map(|client| spawn(async move { client.closed().await }));
    server.close(1u32.into(), b"");
    for wait in waits {
        let error = timeout(SOON, wait).await.unwrap().unwrap();
        assert!(matches!(error, ConnectionError::ApplicationClosed(_)));
    }
}

#[compio_macros::test]
async fn dropped_wait_for_close_keeps_connection_alive() {
    let endpoint = endpoint().await;
    let (client, server) = join(connect(&endpoint), accept(&endpoint)).await;
    assert!(client.closed().now_or_never().is_none());
    let receive = timeout(SOON, server.recv_datagram());
    let send = async {
        // The task that drives the connection has time to see a cancellation.
        compio_runtime::time::sleep(Duration::from_millis(10)).await;
        client.send_datagram(b"alive"[..].into()).unwrap();
    };
    let (received, ()) = join(receive, send).await;
    assert_eq!(received.expect("the connection is dead").unwrap(), b"alive"[..]);
}
