//! Passes frames between `h2` and the client, and misbehaves in between.
//!
//! `h2` sends only correct frames. A fault is an [`Order`] to this relay. The relay sees whole
//! frames, so it can insert others, drop some, or stop.

use std::collections::HashSet;
use std::future::ready;
use std::io;
use std::ops::ControlFlow::{self, Break, Continue};
use std::pin::pin;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;

use super::frames::{self, ACK, CONTINUATION, DATA, END_HEADERS, Frame, HEADERS, SETTINGS};
use crate::rules::{FloodFrame, ReplyPoint};

/// The first bytes of every client.
const PREFACE: usize = 24;
/// Frames of a flood that are written at once. Then other tasks get their turn.
const BATCH: u64 = 64;

/// A fault, and when it happens.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) stream: u32,
    pub(super) at: ReplyPoint,
    pub(super) act: Act,
    /// Notified after it has happened. A flood without a count never ends.
    pub(super) done: oneshot::Sender<()>,
}

#[derive(Debug, Clone)]
pub(super) enum Act {
    Close,
    Silence,
    Reset { code: u32 },
    GoAway { last_stream: u32, code: u32 },
    Flood { frame: FloodFrame, count: Option<u64> },
}

/// Runs until either side ends, or a fault ends the connection.
pub(super) async fn relay<S>(socket: S, h2: DuplexStream, orders: UnboundedReceiver<Order>)
where
    S: AsyncRead + AsyncWrite,
{
    let (from_client, to_client) = tokio::io::split(socket);
    let (from_h2, to_h2) = tokio::io::split(h2);
    let mut outbound = Outbound::new(to_client);
    {
        let mut inbound = pin!(pass_inbound(from_client, to_h2));
        let mut client_is_gone = false;
        {
            let mut passing = pin!(outbound.run(from_h2, orders));
            tokio::select! {
                // An error on a connection concerns only its client.
                _ = &mut passing => {}
                () = &mut inbound => {
                    client_is_gone = true;
                    let _ = passing.await;
                }
            }
        }
        if outbound.silent && !client_is_gone {
            inbound.await;
        }
    }
    let _ = outbound.socket.shutdown().await;
}

/// Reads from the client until it ends, even if `h2` has ended.
async fn pass_inbound(mut client: impl AsyncRead + Unpin, mut h2: impl AsyncWrite + Unpin) {
    let mut read = BytesMut::new();
    let mut preface = PREFACE;
    let mut settings_acked = false;
    while matches!(client.read_buf(&mut read).await, Ok(1..)) {
        if preface > 0 {
            let start = read.split_to(preface.min(read.len()));
            preface -= start.len();
            let _ = h2.write_all(&start).await;
            if preface > 0 {
                continue;
            }
        }
        while let Some(frame) = frames::next_frame(&mut read) {
            let ack = frame.kind == SETTINGS && frame.flags & ACK != 0;
            // The first one acknowledges h2's settings. h2 does not know the others.
            if !(ack && settings_acked) {
                let _ = h2.write_all(&frame.bytes).await;
            }
            settings_acked |= ack;
        }
    }
    let _ = h2.shutdown().await;
}

struct Flood {
    frame: Vec<u8>,
    /// How many are left. `None` means endless.
    left: Option<u64>,
    done: oneshot::Sender<()>,
}

/// The way to the client.
struct Outbound<W> {
    socket: W,
    /// Faults that have not happened yet.
    waiting: Vec<Order>,
    floods: Vec<Flood>,
    /// Streams whose frames are dropped.
    muted: HashSet<u32>,
    /// Between HEADERS and their last CONTINUATION nothing else may be sent.
    in_headers: bool,
    silent: bool,
}

impl<W: AsyncWrite + Unpin> Outbound<W> {
    fn new(socket: W) -> Self {
        Outbound {
            socket,
            waiting: Vec::new(),
            floods: Vec::new(),
            muted: HashSet::new(),
            in_headers: false,
            silent: false,
        }
    }

    async fn run(
        &mut self,
        mut h2: impl AsyncRead + Unpin,
        mut orders: UnboundedReceiver<Order>,
    ) -> io::Result<()> {
        let mut read = BytesMut::new();
        loop {
            tokio::select! {
                biased;
                Some(order) = orders.recv(), if !self.in_headers => {
                    if self.take(order).await?.is_break() {
                        return Ok(());
                    }
                }
                count = h2.read_buf(&mut read) => {
                    if count? == 0 {
                        return Ok(());
                    }
                    while let Some(frame) = frames::next_frame(&mut read) {
                        if self.pass(frame).await?.is_break() {
                            return Ok(());
                        }
                    }
                    self.socket.flush().await?;
                }
                () = ready(()), if !self.floods.is_empty() && !self.in_headers => {
                    self.flood().await?;
                }
            }
        }
    }

    async fn take(&mut self, order: Order) -> io::Result<ControlFlow<()>> {
        if order.at == ReplyPoint::Before {
            return self.act(order).await;
        }
        self.waiting.push(order);
        Ok(Continue(()))
    }

    async fn pass(&mut self, frame: Frame) -> io::Result<ControlFlow<()>> {
        if self.silent || self.muted.contains(&frame.stream) {
            return Ok(Continue(()));
        }
        self.socket.write_all(&frame.bytes).await?;
        let at = match frame.kind {
            DATA => ReplyPoint::InBody,
            HEADERS | CONTINUATION => {
                self.in_headers = frame.flags & END_HEADERS == 0;
                if self.in_headers {
                    return Ok(Continue(()));
                }
                ReplyPoint::AfterHeaders
            }
            _ => return Ok(Continue(())),
        };
        let due = |order: &Order| order.stream == frame.stream && order.at == at;
        match self.waiting.iter().position(due) {
            Some(index) => {
                let order = self.waiting.swap_remove(index);
                self.act(order).await
            }
            None => Ok(Continue(())),
        }
    }

    async fn act(&mut self, order: Order) -> io::Result<ControlFlow<()>> {
        let Order { stream, act, done, .. } = order;
        if self.silent {
            return Ok(Continue(()));
        }
        match act {
            Act::Close => return Ok(Break(())),
            Act::Silence => {
                self.silent = true;
                self.floods.clear();
            }
            Act::Reset { code } => {
                self.muted.insert(stream);
                self.socket.write_all(&frames::rst_stream(stream, code)).await?;
            }
            Act::GoAway { last_stream, code } => {
                if last_stream < stream {
                    self.muted.insert(stream);
                }
                self.socket.write_all(&frames::goaway(last_stream, code)).await?;
            }
            Act::Flood { frame, count } => {
                let frame = match frame {
                    FloodFrame::Settings => frames::settings(),
                    FloodFrame::Ping => frames::ping(),
                    FloodFrame::EmptyData => frames::empty_data(stream),
                };
                self.floods.push(Flood { frame, left: count, done });
                return Ok(Continue(()));
            }
        }
        self.socket.flush().await?;
        // The client may have cancelled the stream meanwhile.
        let _ = done.send(());
        Ok(Continue(()))
    }

    /// Writes the next frames of each flood.
    async fn flood(&mut self) -> io::Result<()> {
        for mut flood in std::mem::take(&mut self.floods) {
            let count = flood.left.map_or(BATCH, |left| left.min(BATCH));
            self.socket.write_all(&flood.frame.repeat(count as usize)).await?;
            flood.left = flood.left.map(|left| left - count);
            match flood.left {
                Some(0) => drop(flood.done.send(())),
                _ => self.floods.push(flood),
            }
        }
        self.socket.flush().await?;
        // Meanwhile, read the client's answers to a flood.
        tokio::task::yield_now().await;
        Ok(())
    }
}
