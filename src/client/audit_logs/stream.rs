//! The audit log as a [`Stream`], for the combinators of other crates.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use futures_core::Stream;

use super::AuditLogs;
use crate::{AuditLog, Result};

/// As [`AuditLogs::next`]: an error is an item, and the next one tries the same page again.
impl Stream for AuditLogs {
    type Item = Result<AuditLog>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // A future that is dropped half-way has lost nothing: what it waits for is a task, which
        // keeps the waker.
        pin!(self.get_mut().next()).poll(context).map(Result::transpose)
    }
}
