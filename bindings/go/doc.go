// Package aura is a client of the users API of [Hex.pm] and of every Hex-compatible server. It makes
// accounts, reads them, requests password resets and streams the audit log of your credentials.
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
// A cancelled context ends a call with [ErrCancelled], a deadline that has passed with [ErrTimeout].
// Such an error is also [context.Canceled] or [context.DeadlineExceeded]. Any number of
// goroutines may wait: beyond the first four requests they share one thread of the operating system.
//
// # Errors
//
// Every error of a call is an [*Error]. Each [Kind] is a constant to compare with:
//
//	if errors.Is(err, aura.ErrNotFound) { … }
//
// # Options
//
// Each function that starts with With makes an option of a client or of one call. The call's word
// wins over the client's, that over the environment's, that over the default.
//
// # The library
//
// The package calls the library aura_users through cgo. [Library] says which file was loaded, and
// in which order the places are tried.
//
// The files: client.go has the five functions, audit_logs.go the stream, request.go and call.go wait,
// records.go and json.go read what the server sends, error.go and kinds.go hold errors, options.go
// and options_by_name.go options, log.go the log, library.go and library.c find the library.
//
// [Hex.pm]: https://hex.pm
package aura
