package aura

import "strconv"

// A Kind is a kind of error. Its number is the same in every language. A Kind is an error itself, for
// errors.Is(err, aura.ErrNotFound).
type Kind int

// String returns the name of the kind, such as not_found. It is the same in every language.
func (k Kind) String() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return "kind " + strconv.Itoa(int(k))
}

// Error returns the name of the kind with a prefix.
func (k Kind) Error() string {
	return "aura: " + k.String()
}

// generated: kinds

// ErrInvalidArgument is the kind invalid_argument. An argument or an option is invalid. Nothing was
// sent. What to do: correct the argument or the option that the message names.
const ErrInvalidArgument Kind = 10

// ErrUnauthenticated is the kind unauthenticated. 401: the credential is missing, or the server
// rejected it. What to do: set api_key to a valid API key or token; check the reason.
const ErrUnauthenticated Kind = 20

// ErrOTPRequired is the kind otp_required. 401: the account requires a one-time password (option
// "otp"). What to do: ask the user for a one-time password, and set it as otp.
const ErrOTPRequired Kind = 21

// ErrOTPInvalid is the kind otp_invalid. 401: the one-time password is wrong or was used before.
// What to do: ask the user for a new one-time password.
const ErrOTPInvalid Kind = 22

// ErrForbidden is the kind forbidden. 403: the credential is valid, but it does not permit this
// call. What to do: use a key with this permission, or verify the e-mail address.
const ErrForbidden Kind = 23

// ErrNotFound is the kind not_found. 404: the user does not exist. What to do: check the username
// or the e-mail address.
const ErrNotFound Kind = 24

// ErrUnsupported is the kind unsupported. The server does not have this endpoint. What to do: do
// not call this function on this server.
const ErrUnsupported Kind = 25

// ErrValidation is the kind validation. 422: the server rejected some fields. The field errors name
// them. What to do: correct the fields that the field errors name.
const ErrValidation Kind = 26

// ErrRateLimited is the kind rate_limited. 429, or the rate limit resets later than the timeouts of
// the call allow. What to do: wait for retry_after, or set rate_limit to wait.
const ErrRateLimited Kind = 27

// ErrServer is the kind server. 5xx: the server failed. What to do: try again later; check first if
// the outcome is unknown.
const ErrServer Kind = 28

// ErrUnexpectedStatus is the kind unexpected_status. Any other HTTP status. What to do: check that
// repo_url is the API of a Hex-compatible server.
const ErrUnexpectedStatus Kind = 29

// ErrConnect is the kind connect. The connection failed, or it was lost before the whole reply
// arrived. What to do: check repo_url, the network and the proxy.
const ErrConnect Kind = 40

// ErrTLS is the kind tls. The server's certificate was rejected, or the TLS handshake failed. What
// to do: check repo_url; to trust your own certificate authority, set ca_file.
const ErrTLS Kind = 41

// ErrTimeout is the kind timeout. A timeout expired. What to do: try again, or raise the timeout;
// check first if the outcome is unknown.
const ErrTimeout Kind = 42

// ErrCancelled is the kind cancelled. The program cancelled the call. What to do: do nothing: the
// program cancelled the call.
const ErrCancelled Kind = 43

// ErrDecode is the kind decode. The reply is not a valid reply of this endpoint. What to do: check
// that repo_url is the API of a Hex-compatible server.
const ErrDecode Kind = 60

// ErrInternal is the kind internal. A bug in this library. It was caught, and the process
// continues. What to do: report the bug.
const ErrInternal Kind = 70

var kindNames = map[Kind]string{
	ErrInvalidArgument:  "invalid_argument",
	ErrUnauthenticated:  "unauthenticated",
	ErrOTPRequired:      "otp_required",
	ErrOTPInvalid:       "otp_invalid",
	ErrForbidden:        "forbidden",
	ErrNotFound:         "not_found",
	ErrUnsupported:      "unsupported",
	ErrValidation:       "validation",
	ErrRateLimited:      "rate_limited",
	ErrServer:           "server",
	ErrUnexpectedStatus: "unexpected_status",
	ErrConnect:          "connect",
	ErrTLS:              "tls",
	ErrTimeout:          "timeout",
	ErrCancelled:        "cancelled",
	ErrDecode:           "decode",
	ErrInternal:         "internal",
}

// Made by `make header`.
// end of generated: kinds
