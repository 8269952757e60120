//! The audit log as a [`Stream`], for the combinators of other crates.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use futures_core::Stream;

use super::AuditLogs;
use crate::{AuditLog, Result};

/// Like [`AuditLogs::next`]. An error is an item, and the next poll requests the same page again.
impl Stream for AuditLogs {
    type Item = Result<AuditLog>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // Dropping the future loses nothing, because it waits for a task, which keeps the waker.
        pin!(self.get_mut().next()).poll(context).map(Result::transpose)
    }
}
