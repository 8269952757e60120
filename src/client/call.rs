//! One call: it sends the request, retries if that is safe, and ends by its deadline.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::Uri;
use http::header::IF_NONE_MATCH;
use tokio::time::Instant;
use tracing::Instrument;
use url::Url;

use super::Core;
use super::cache::Record;
use super::options::RateLimit;
use super::rate_limit::RateLimits;
use super::settings::Settings;
use crate::attempts::Attempts;
use crate::log::{LogLevel, LogRecord, is_debugging};
use crate::operation::Operation;
use crate::protocol::{MALFORMED_LOCATION, Reply, Request};
use crate::runtime::cancel::forked;
use crate::runtime::clock::{self, timeout_at};
use crate::runtime::offload::{INLINE, offload};
use crate::runtime::process;
use crate::transport::{CHECK_ROOTS, Failure, Outgoing, Transport};
use crate::{Error, ErrorKind, Reason, Result};

/// The longest pause before the first retry. It doubles with each retry.
const FIRST_BACKOFF: Duration = Duration::from_millis(250);
const LONGEST_BACKOFF: Duration = Duration::from_secs(8);
const MOST_REDIRECTS: u32 = 5;

/// The method of [`Reply`] that reads the result of an operation.
pub(crate) type Read<T> = fn(Reply, Operation) -> Result<T>;

/// Sends `request` and reads the reply with `read`.
pub(crate) async fn call<T: Send + 'static>(
    core: &Core,
    settings: &Settings,
    transport: &Transport,
    request: &Request,
    read: Read<T>,
    attempts: &Attempts,
) -> Result<T> {
    let deadline = Instant::now() + settings.total_timeout;
    let limits = core.rate_limits.get();
    let process = process::id();
    let call = Call { core, limits, settings, transport, request, deadline, attempts, process };
    let span = tracing::debug_span!(
        target: "aura_users",
        "call",
        method = request.operation.method(),
        route = request.operation.route(),
    );
    let result = call.run(read).instrument(span).await;
    result.map_err(|error| error.with_operation(request.operation).with_attempts(attempts.get()))
}

struct Call<'a> {
    core: &'a Core,
    limits: &'a RateLimits,
    settings: &'a Settings,
    transport: &'a Transport,
    request: &'a Request,
    deadline: Instant,
    attempts: &'a Attempts,
    process: u64,
}

/// A failed attempt, and whether it may be repeated.
struct Failed {
    error: Error,
    may_repeat: bool,
}

impl Call<'_> {
    async fn run<T: Send + 'static>(&self, read: Read<T>) -> Result<T> {
        if let Some(why) = &self.settings.route_error {
            return Err(Error::invalid_argument(why));
        }
        self.check_secrets()?;
        self.warn_of_terms();
        loop {
            let passed = self.wait_for_rate_limit().await?;
            self.attempts.start();
            let Failed { error, may_repeat } = match self.attempt(passed).await {
                Ok(reply) => {
                    let (status, received) = (reply.status, reply.received);
                    match self.read(reply, read, self.ends(passed)).await {
                        Ok(value) => return Ok(value),
                        Err(error) => {
                            let error = self.explain_rejected_token(error, received);
                            let error = self.explain_407(error);
                            if error.kind() == ErrorKind::Decode {
                                self.uncache();
                            }
                            Failed { may_repeat: self.may_repeat_after(status), error }
                        }
                    }
                }
                Err(failed) => failed,
            };
            if !may_repeat || self.attempts.number() > self.settings.max_retries {
                return Err(error);
            }
            let pause =
                error.retry_after().unwrap_or_default().max(backoff(self.attempts.number()));
            if !self.is_in_time(pause)
                || error.kind() == ErrorKind::RateLimited && self.rate_is_an_error()
            {
                return Err(error);
            }
            LogRecord {
                attempt: Some(self.attempts.number()),
                kind: Some(error.kind()),
                elapsed: Some(pause),
                ..self.record(LogLevel::Debug, "pausing before the next attempt")
            }
            .emit();
            clock::sleep(pause).await;
        }
    }

    fn check_secrets(&self) -> Result<()> {
        let operation = self.request.operation;
        let has_secret = match operation {
            Operation::CreateUser => true,
            _ => self.settings.has_credential,
        };
        if has_secret && !self.settings.may_send_secrets {
            return Err(Error::invalid_argument(
                "repo_url is plain http to another machine, so others could read the credential: use \
                 https, or set allow_insecure_http",
            ));
        }
        Ok(())
    }

    fn warn_of_terms(&self) {
        if self.settings.is_hex_pm && self.request.operation == Operation::CreateUser {
            let terms = "by creating an account on hex.pm you accept its terms of service: \
                         https://hex.pm/policies/termsofservice";
            self.record(LogLevel::Warn, terms).emit();
        }
    }

    fn record<'a>(&self, level: LogLevel, message: &'a str) -> LogRecord<'a> {
        LogRecord::for_operation(self.request.operation, level, message)
    }

    fn rate_is_an_error(&self) -> bool {
        self.settings.rate_limit == RateLimit::Error
    }

    fn is_in_time(&self, pause: Duration) -> bool {
        Instant::now().checked_add(pause).is_some_and(|then| then < self.deadline)
    }

    /// Waits until the rate limit permits this request, if there is time for that. Returns the time
    /// at which it did.
    async fn wait_for_rate_limit(&self) -> Result<Instant> {
        loop {
            let now = Instant::now();
            let Err(wait) = self.limits.take(self.settings.rate_key, now.into_std()) else {
                return Ok(now);
            };
            let message = if self.rate_is_an_error() {
                "the server's rate limit is reached, so the request was not sent".to_owned()
            } else if !self.is_in_time(wait) {
                let left = self.deadline.saturating_duration_since(now).as_secs_f64();
                let wait = wait.as_secs_f64();
                format!(
                    "the server's rate limit is reached for {wait:.1} s, but total_timeout leaves \
                     {left:.1} s, so the request was not sent"
                )
            } else {
                clock::sleep(wait).await;
                continue;
            };
            return Err(Error::new(ErrorKind::RateLimited, message).with_retry_after(Some(wait)));
        }
    }

    /// When the attempt that started at `started` must end.
    fn ends(&self, started: Instant) -> Instant {
        (started + self.settings.timeout).min(self.deadline)
    }

    /// Reads the result from the reply. A large reply is read in another thread while the call waits.
    async fn read<T: Send + 'static>(
        &self,
        mut reply: Reply,
        read: Read<T>,
        ends: Instant,
    ) -> Result<T> {
        let operation = self.request.operation;
        reply.known.clone_from(&self.request.known);
        if reply.body.len() <= INLINE {
            return read(reply, operation);
        }
        let reading = offload(move |_| read(reply, operation));
        let outcome = timeout_at(ends, reading).await;
        outcome.unwrap_or_else(|| Err(self.timed_out(ends).error))?
    }

    /// Sends the request once, follows redirects, and updates the rate limit.
    async fn attempt(&self, started: Instant) -> Result<Reply, Failed> {
        let ends = self.ends(started);
        let outcome = timeout_at(ends, self.exchange(ends)).await;
        let (status, result) = match outcome {
            Some(Ok(reply)) => (Some(reply.status), Ok(reply)),
            Some(Err(failed)) => (failed.error.status(), Err(failed)),
            None => {
                if self.attempts.is_sent() {
                    self.transport.timed_out(started.into_std());
                }
                (None, Err(self.timed_out(ends)))
            }
        };
        if is_debugging() {
            LogRecord {
                attempt: Some(self.attempts.number()),
                status,
                kind: result.as_ref().err().map(|failed| failed.error.kind()),
                elapsed: Some(started.elapsed()),
                request_id: result.as_ref().ok().and_then(Reply::request_id),
                ..self.record(LogLevel::Debug, "request")
            }
            .emit();
        }
        result
    }

    fn timed_out(&self, ends: Instant) -> Failed {
        let (option, time, mut hint) = if ends == self.deadline {
            (
                "total_timeout",
                self.settings.total_timeout,
                "try again, or raise the option total_timeout",
            )
        } else {
            ("timeout", self.settings.timeout, "try again, or raise the option timeout")
        };
        let missing = if self.attempts.is_queued() {
            hint = "raise the option max_connections, or make fewer calls at once";
            "no free connection"
        } else if self.attempts.is_sent() {
            "no complete reply"
        } else {
            "no connection"
        };
        let mut message = format!("{missing} within {option} ({} s)", time.as_secs_f64());
        let unread = self.settings.connection.unread_roots().filter(|_| !self.attempts.is_sent());
        if let Some(why) = unread {
            message += &format!(": {why}");
        }
        let is_unknown = self.attempts.is_sent() && !self.request.operation.is_repeatable();
        let mut error = Error::new(ErrorKind::Timeout, message).with_outcome_unknown(is_unknown);
        // A retry is wrong if the request may have been completed.
        if !is_unknown {
            error = error.with_hint(if unread.is_some() { CHECK_ROOTS } else { hint });
        }
        Failed { error, may_repeat: false }
    }

    async fn exchange(&self, ends: Instant) -> Result<Reply, Failed> {
        let invalid = |error| Failed { error, may_repeat: false };
        let mut url = [self.settings.base.as_str(), &self.request.target].concat();
        let known = self.known_record();
        let mut redirects = 0;
        loop {
            let uri = Uri::try_from(&*url).map_err(|error| {
                let why = format!(
                    "the URL of the request has {} bytes and is not valid: {error}; shorten repo_url or \
                     the argument",
                    url.len()
                );
                invalid(Error::invalid_argument(why))
            })?;
            let reply = self.send(uri, known.as_deref(), ends).await?;
            self.update_from_headers(&reply);
            let next = self
                .next_url(&url, &reply)
                .map_err(|flaw| invalid(reply.broken_redirect(self.request.operation, flaw)))?;
            match (next, &known) {
                (Some(next), _) if redirects < MOST_REDIRECTS => url = next,
                (Some(_), _) => {
                    return Err(invalid(
                        reply.too_many_redirects(self.request.operation, redirects),
                    ));
                }
                (_, Some(known)) if reply.status == 304 => return Ok(known.reply(reply)),
                _ => {
                    self.cache(&reply);
                    return Ok(reply);
                }
            }
            redirects += 1;
        }
    }

    fn may_cache(&self) -> bool {
        let operation = self.request.operation;
        self.settings.cache > 0
            && matches!(operation, Operation::GetUser | Operation::GetCurrentUser)
    }

    fn known_record(&self) -> Option<Arc<Record>> {
        self.may_cache().then(|| self.core.cache.get().get(self.settings, self.request))?
    }

    fn cache(&self, reply: &Reply) {
        if self.may_cache() {
            self.core.cache.get().put(self.settings, self.request, reply);
        }
    }

    /// Removes a record that cannot be read.
    fn uncache(&self) {
        if self.may_cache() {
            self.core.cache.get().remove(self.settings, self.request);
        }
    }

    /// The next URL, if `reply` is a redirect to follow: of a GET, to the same origin or between hex.pm
    /// and www.hex.pm.
    ///
    /// # Errors
    /// What is wrong with its target.
    fn next_url(&self, url: &str, reply: &Reply) -> Result<Option<String>, &'static str> {
        if !reply.is_redirect() || !self.request.operation.is_repeatable() {
            return Ok(None);
        }
        let location = reply.location()?;
        let url = Url::parse(url).map_err(|_| MALFORMED_LOCATION)?;
        let mut next = url.join(location).map_err(|_| MALFORMED_LOCATION)?;
        let home = |url: &Url| {
            url.scheme() == "https"
                && url.port().is_none()
                && matches!(url.host_str(), Some("hex.pm" | "www.hex.pm"))
        };
        if url.origin() != next.origin() && !(home(&url) && home(&next)) {
            return Ok(None);
        }
        next.set_fragment(None);
        // Removes a user and a password, which cannot fail for an http URL.
        let _ = next.set_username("").and_then(|()| next.set_password(None));
        let next = String::from(next);
        match Uri::try_from(&*next) {
            Ok(_) => Ok(Some(next)),
            Err(_) => Err("a Location that is too long"),
        }
    }

    async fn send(&self, uri: Uri, known: Option<&Record>, ends: Instant) -> Result<Reply, Failed> {
        // A log callback may have forked. The child does not send the request of its parent.
        if self.process != process::id() {
            return Err(Failed { error: forked(self.request.operation), may_repeat: false });
        }
        let repeatable = self.request.operation.is_repeatable();
        let outgoing = |on_fresh_connection| {
            let outgoing = self.outgoing(uri.clone(), known, ends);
            Outgoing { on_fresh_connection, ..outgoing }
        };
        match self.transport.send(&mut outgoing(!repeatable)).await {
            // The server had closed the idle connection. This does not count as a failed attempt.
            Err(failure) if failure.met_dead_connection && repeatable => {
                self.transport.send(&mut outgoing(true)).await
            }
            result => result,
        }
        .map_err(|failure| self.failed(failure))
    }

    fn outgoing(&self, uri: Uri, known: Option<&Record>, ends: Instant) -> Outgoing<'_> {
        let mut headers = self.settings.headers.for_request(self.request);
        if let Some(known) = known {
            headers.insert(IF_NONE_MATCH, known.etag.clone());
        }
        Outgoing {
            method: self.request.operation.method(),
            uri,
            headers,
            body: self.request.body.as_ref().map(|body| bytes::Bytes::from_owner(body.clone())),
            max_body: self.settings.max_body,
            ends,
            connect_timeout: self.settings.connect_timeout,
            on_fresh_connection: false,
            is_sent: self.attempts.sent_flag(),
            is_queued: self.attempts.queued_flag(),
        }
    }

    fn failed(&self, failure: Failure) -> Failed {
        let operation = self.request.operation;
        let may_repeat = failure.kind == ErrorKind::Connect
            && (operation.is_repeatable() || !failure.may_have_arrived);
        let mut error = Error::new(failure.kind, failure.message);
        error = match failure.status {
            // The status arrived without the rest of the reply, or it is the status of a proxy.
            Some(status) => error.with_status(status).with_outcome_unknown(
                failure.may_have_arrived && operation.has_unknown_outcome(status),
            ),
            None => {
                error.with_outcome_unknown(failure.may_have_arrived && !operation.is_repeatable())
            }
        };
        if let Some(source) = failure.source {
            error = error.with_source(source);
        }
        if let Some(hint) = failure.hint {
            error = error.with_hint(hint);
        }
        Failed { error, may_repeat }
    }

    /// Distinguishes an expired or revoked token from an invalid key.
    fn explain_rejected_token(&self, error: Error, received: SystemTime) -> Error {
        let may_be_token = error.kind() == ErrorKind::Unauthenticated
            && matches!(error.reason(), None | Some(Reason::InvalidCredential))
            && self.request.operation.sends_credential();
        match self.settings.headers.token_hint(received).filter(|_| may_be_token) {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }

    /// Only the route to the server shows whether a proxy sent the reply.
    fn explain_407(&self, error: Error) -> Error {
        match error.status() {
            Some(407) => error.with_hint(self.settings.connection.hint_for_407()),
            _ => error,
        }
    }

    fn may_repeat_after(&self, status: u16) -> bool {
        self.request.operation.is_repeatable() && matches!(status, 429 | 502..=504)
    }

    fn update_from_headers(&self, reply: &Reply) {
        if let Some(window) = reply.rate_window() {
            let now = Instant::now().into_std();
            self.limits.learn(self.settings.rate_key, window, now);
        }
        if let Some(notice) = reply.notice() {
            let level = if notice.is_warning { LogLevel::Warn } else { LogLevel::Info };
            self.record(level, &format!("the server says: {}", notice.text)).emit();
        }
    }
}

/// Exponential with full jitter, so that clients that failed together do not retry together.
fn backoff(attempts: u32) -> Duration {
    let factor = 2_u32.saturating_pow(attempts.saturating_sub(1));
    let longest = FIRST_BACKOFF.saturating_mul(factor).min(LONGEST_BACKOFF);
    longest.mul_f64(fastrand::f64())
}
