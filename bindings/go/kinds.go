package aura

import "strconv"

// A Kind says what kind of error it is. Its number is that of every language. Kinds are errors, so
// that they can be compared with: errors.Is(err, aura.ErrNotFound).
type Kind int

// String gives the kind's name in every language, such as not_found.
func (k Kind) String() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return "kind " + strconv.Itoa(int(k))
}

// Error gives the kind's name.
func (k Kind) Error() string {
	return "aura: " + k.String()
}

// generated: kinds

// ErrInvalidArgument is the kind invalid_argument. The caller's mistake; nothing was sent. What to
// do: correct the argument or the option that the message names.
const ErrInvalidArgument Kind = 10

// ErrUnauthenticated is the kind unauthenticated. 401: no credential, or one the server does not
// take. What to do: set api_key to a valid key; the reason says what is wrong.
const ErrUnauthenticated Kind = 20

// ErrOTPRequired is the kind otp_required. 401: the account asks for a one-time password (option
// "otp"). What to do: ask the person for a one-time password and set otp.
const ErrOTPRequired Kind = 21

// ErrOTPInvalid is the kind otp_invalid. 401: the one-time password is wrong or was used before.
// What to do: ask the person for a new one-time password.
const ErrOTPInvalid Kind = 22

// ErrForbidden is the kind forbidden. 403: the credential is known but may not do this. What to do:
// use a key that may do this, or verify the account's address.
const ErrForbidden Kind = 23

// ErrNotFound is the kind not_found. 404: no such user. What to do: check the name.
const ErrNotFound Kind = 24

// ErrUnsupported is the kind unsupported. This server has no such endpoint. What to do: do without:
// this server does not offer it.
const ErrUnsupported Kind = 25

// ErrValidation is the kind validation. 422: the server refused the fields; "errors" in the error's
// JSON says which and why. What to do: correct the fields that the field errors name.
const ErrValidation Kind = 26

// ErrRateLimited is the kind rate_limited. 429, or the rate limit's window is longer than the call
// may wait. What to do: wait for retry_after, or set rate_limit to wait.
const ErrRateLimited Kind = 27

// ErrServer is the kind server. 5xx. What to do: try again later; look first if the outcome is
// unknown.
const ErrServer Kind = 28

// ErrUnexpectedStatus is the kind unexpected_status. Any other status. What to do: check repo_url:
// is it the API of a Hex-compatible server?.
const ErrUnexpectedStatus Kind = 29

// ErrConnect is the kind connect. No connection, or it broke before a whole reply came. What to do:
// check repo_url, the network and the proxy.
const ErrConnect Kind = 40

// ErrTls is the kind tls. The server's certificate was refused, or the TLS handshake failed. What
// to do: check repo_url; if the certificate authority is your own, set ca_file.
const ErrTls Kind = 41

// ErrTimeout is the kind timeout. The time allowed ran out. What to do: try again, or allow more
// time; look first if the outcome is unknown.
const ErrTimeout Kind = 42

// ErrCancelled is the kind cancelled. The caller ended the call. What to do: nothing: the program
// ended the call.
const ErrCancelled Kind = 43

// ErrDecode is the kind decode. The reply is not what this endpoint gives. What to do: check
// repo_url: is it the API of a Hex-compatible server?.
const ErrDecode Kind = 60

// ErrInternal is the kind internal. A defect of this library, caught at its boundary. What to do:
// report it.
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
	ErrTls:              "tls",
	ErrTimeout:          "timeout",
	ErrCancelled:        "cancelled",
	ErrDecode:           "decode",
	ErrInternal:         "internal",
}

// Made by `make header`.
// end of generated: kinds
