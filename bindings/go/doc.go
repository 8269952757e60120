// Package aura is a client for the users API of [Hex.pm] and of every Hex-compatible server. It
// creates accounts, reads user records, requests password resets, and streams the audit log.
//
//	client, err := aura.NewClient(aura.WithAPIKey("…"))
//	if err != nil {
//		return err
//	}
//	defer client.Close()
//	user, err := client.GetUser(ctx, "ericmj")
//
// # Contexts
//
// A cancelled context ends a call with [ErrCancelled]. A deadline that passes ends it with
// [ErrTimeout]. Such an error is also [context.Canceled] or [context.DeadlineExceeded]. Any number of
// goroutines may wait. Four of them block a thread of the operating system each, and all others share
// one thread.
//
// # Errors
//
// Every error of a call is an [*Error]. Compare its [Kind] with a constant:
//
//	if errors.Is(err, aura.ErrNotFound) { … }
//
// # Options
//
// Each function that starts with With returns an option of a client or of one call. The precedence is:
// the call, the client, the environment, the default.
//
// # The library
//
// The package calls the library aura_users through cgo. [Library] returns the file that was loaded, and
// its documentation has the search order.
//
// [Hex.pm]: https://hex.pm
package aura
