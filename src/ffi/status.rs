//! The numbers that functions return.

use std::ffi::{CStr, c_char};

use crate::ErrorKind;

/// The result of a function: AURA_OK, AURA_END, AURA_PENDING, or the kind of its error.
///
/// AURA_OK is zero. The numbers are part of the ABI and never change. Later versions may add numbers,
/// so a switch needs a default branch.
///
/// Since 0.1.0.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum aura_status {
    /// Success. It is zero.
    AURA_OK = 0,
    /// The end of a stream: there are no more rows. It is not an error.
    AURA_END = 1,
    /// The result has not arrived yet. It is not an error. Only aura_call_wait(), aura_call_poll() and
    /// the functions that end in _at_hand return it.
    AURA_PENDING = 2,
    /// An argument or an option is invalid. Nothing was sent.
    AURA_INVALID_ARGUMENT = 10,
    /// 401: the credential is missing, or the server rejected it.
    AURA_UNAUTHENTICATED = 20,
    /// 401: the account requires a one-time password (option "otp").
    AURA_OTP_REQUIRED = 21,
    /// 401: the one-time password is wrong or was used before.
    AURA_OTP_INVALID = 22,
    /// 403: the credential is valid, but it does not permit this call.
    AURA_FORBIDDEN = 23,
    /// 404: the user does not exist.
    AURA_NOT_FOUND = 24,
    /// The server does not have this endpoint.
    AURA_UNSUPPORTED = 25,
    /// 422: the server rejected some fields. The field errors name them.
    AURA_VALIDATION = 26,
    /// 429, or the rate limit resets later than the timeouts of the call allow.
    AURA_RATE_LIMITED = 27,
    /// 5xx: the server failed.
    AURA_SERVER = 28,
    /// Any other HTTP status.
    AURA_UNEXPECTED_STATUS = 29,
    /// The connection failed, or it was lost before the whole reply arrived.
    AURA_CONNECT = 40,
    /// The server's certificate was rejected, or the TLS handshake failed.
    AURA_TLS = 41,
    /// A timeout expired.
    AURA_TIMEOUT = 42,
    /// The program cancelled the call.
    AURA_CANCELLED = 43,
    /// The reply is not a valid reply of this endpoint.
    AURA_DECODE = 60,
    /// A bug in this library. It was caught, and the process continues.
    AURA_INTERNAL = 70,
}

impl From<ErrorKind> for aura_status {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::InvalidArgument => Self::AURA_INVALID_ARGUMENT,
            ErrorKind::Unauthenticated => Self::AURA_UNAUTHENTICATED,
            ErrorKind::OtpRequired => Self::AURA_OTP_REQUIRED,
            ErrorKind::OtpInvalid => Self::AURA_OTP_INVALID,
            ErrorKind::Forbidden => Self::AURA_FORBIDDEN,
            ErrorKind::NotFound => Self::AURA_NOT_FOUND,
            ErrorKind::Unsupported => Self::AURA_UNSUPPORTED,
            ErrorKind::Validation => Self::AURA_VALIDATION,
            ErrorKind::RateLimited => Self::AURA_RATE_LIMITED,
            ErrorKind::Server => Self::AURA_SERVER,
            ErrorKind::UnexpectedStatus => Self::AURA_UNEXPECTED_STATUS,
            ErrorKind::Connect => Self::AURA_CONNECT,
            ErrorKind::Tls => Self::AURA_TLS,
            ErrorKind::Timeout => Self::AURA_TIMEOUT,
            ErrorKind::Cancelled => Self::AURA_CANCELLED,
            ErrorKind::Decode => Self::AURA_DECODE,
            ErrorKind::Internal => Self::AURA_INTERNAL,
        }
    }
}

/// A status from C, which may be any number.
pub type any_status = i32;

/// Returns the name of a status in lower case, such as "ok", "end" or "not_found", and "unknown" for
/// other numbers. Never returns NULL. The string is static: do not free it. Any thread may call it.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_status_name(status: any_status) -> *const c_char {
    name(status).as_ptr()
}

fn name(status: i32) -> &'static CStr {
    // generated: status names
    const NAMES: [(aura_status, &CStr); 20] = [
        (aura_status::AURA_OK, c"ok"),
        (aura_status::AURA_END, c"end"),
        (aura_status::AURA_PENDING, c"pending"),
        (aura_status::AURA_INVALID_ARGUMENT, c"invalid_argument"),
        (aura_status::AURA_UNAUTHENTICATED, c"unauthenticated"),
        (aura_status::AURA_OTP_REQUIRED, c"otp_required"),
        (aura_status::AURA_OTP_INVALID, c"otp_invalid"),
        (aura_status::AURA_FORBIDDEN, c"forbidden"),
        (aura_status::AURA_NOT_FOUND, c"not_found"),
        (aura_status::AURA_UNSUPPORTED, c"unsupported"),
        (aura_status::AURA_VALIDATION, c"validation"),
        (aura_status::AURA_RATE_LIMITED, c"rate_limited"),
        (aura_status::AURA_SERVER, c"server"),
        (aura_status::AURA_UNEXPECTED_STATUS, c"unexpected_status"),
        (aura_status::AURA_CONNECT, c"connect"),
        (aura_status::AURA_TLS, c"tls"),
        (aura_status::AURA_TIMEOUT, c"timeout"),
        (aura_status::AURA_CANCELLED, c"cancelled"),
        (aura_status::AURA_DECODE, c"decode"),
        (aura_status::AURA_INTERNAL, c"internal"),
    ];
    // end of generated: status names
    NAMES.iter().find(|(number, _)| *number as i32 == status).map_or(c"unknown", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_number_and_its_own_name() {
        for kind in ErrorKind::ALL {
            let status = aura_status::from(kind);
            assert_eq!(status as i32, kind.number());
            assert_eq!(name(status as i32).to_str(), Ok(kind.as_str()));
        }
        assert_eq!(name(-1), c"unknown");
    }
}
