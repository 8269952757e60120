//! The `connect_timeout` of each call in reqwest, whose clients have one for all calls.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tower_layer::Layer;
use tower_service::Service;

use super::failure::{BoxError, TimedOut};

tokio::task_local! {
    static LIMIT: Duration;
}

/// Polls a request of reqwest. If it opens a connection, `limit` is the limit for that.
pub(super) async fn scope<F: Future>(limit: Duration, request: F) -> F::Output {
    LIMIT.scope(limit, request).await
}

/// Gives a connector the limit of the call that uses it.
#[derive(Clone)]
pub(super) struct PerCall;

/// A connector with this limit.
#[derive(Clone)]
pub(super) struct Limited<S>(S);

impl<S> Layer<S> for PerCall {
    type Service = Limited<S>;

    fn layer(&self, connector: S) -> Self::Service {
        Limited(connector)
    }
}

impl<S, R> Service<R> for Limited<S>
where
    S: Service<R, Error = BoxError>,
    S::Response: 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    /// hyper calls this while it polls the request, and may continue in a task of its own.
    fn call(&mut self, request: R) -> Self::Future {
        let connecting = self.0.call(request);
        let limit = LIMIT.try_with(|limit| *limit).unwrap_or(Duration::MAX);
        Box::pin(async move {
            tokio::time::timeout(limit, connecting).await.unwrap_or_else(|_| Err(TimedOut.into()))
        })
    }
}
