//! One connection: its limits, and its end when the server's has come.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::{Service, ServiceExt, service_fn};

use super::idle::{Answering, IdleLimited};
use crate::server::Shared;
use crate::server::options::Limits;

/// How many requests one HTTP/2 connection may have open at a time.
const CONCURRENT_STREAMS: u32 = 128;

/// What every connection is served with.
pub(super) struct Connections {
    protocol: Builder<TokioExecutor>,
    routes: Router,
    tls: Option<TlsAcceptor>,
    shared: Arc<Shared>,
}

impl Connections {
    pub(super) fn new(shared: &Arc<Shared>, routes: Router, tls: Option<TlsAcceptor>) -> Self {
        Self {
            protocol: protocol(&shared.options.limits),
            routes,
            tls,
            shared: Arc::clone(shared),
        }
    }

    /// Serves a connection to its end.
    pub(super) async fn serve(&self, stream: TcpStream) {
        let _open = self.shared.metrics.connection("http");
        // Replies are small and written at once: waiting for more to send would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection is gone");
            return;
        }
        let answering = Answering::default();
        let limit = self.shared.options.limits.client_timeout;
        let stream = IdleLimited::new(stream, limit, answering.clone());
        match &self.tls {
            None => self.speak(stream, answering).await,
            Some(tls) => match self.shake_hands(tls, stream).await {
                Some(stream) => self.speak(stream, answering).await,
                None => tracing::debug!("a client did not come to terms about TLS"),
            },
        }
    }

    /// Begins TLS; nothing where the client does not in time, or the server is to end.
    async fn shake_hands<S>(&self, tls: &TlsAcceptor, stream: S) -> Option<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        tokio::select! {
            shaken = tls.accept(stream) => shaken.ok(),
            () = tokio::time::sleep(self.shared.options.limits.client_timeout) => None,
            () = self.shared.stopping.begun() => None,
        }
    }

    async fn speak<S>(&self, stream: S, answering: Answering)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = TowerToHyperService::new(noting(answering, self.routes.clone()));
        let serving = self
            .protocol
            .serve_connection(TokioIo::new(stream), service);
        let mut serving = std::pin::pin!(serving);
        let result = tokio::select! {
            result = serving.as_mut() => result,
            () = self.shared.stopping.begun() => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        };
        if let Err(error) = result {
            tracing::debug!(error, "a connection ended early");
        }
    }
}

/// The routes, with a note of the requests that are about to be answered.
fn noting(
    answering: Answering,
    routes: Router,
) -> impl Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> + Clone
{
    service_fn(move |request| {
        let being_answered = answering.begin();
        let answer = routes.clone().oneshot(request);
        async move {
            let response = answer.await;
            drop(being_answered);
            response
        }
    })
}

fn protocol(limits: &Limits) -> Builder<TokioExecutor> {
    let mut protocol = Builder::new(TokioExecutor::new());
    // The time for the headers of a request begins with the end of the reply before, and so it is
    // the time that a connection may be idle, too.
    protocol
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.client_timeout)
        .max_buf_size(limits.header_bytes);
    protocol
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(CONCURRENT_STREAMS)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX));
    protocol
}
