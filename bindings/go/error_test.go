package aura_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"sync"
	"testing"
	"time"

	aura "github.com/aura-users/aura-users/bindings/go"
)

func canned(t *testing.T, status int, headers map[string]string, body string) *aura.Client {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return newClient(t, aura.WithEnv(false), aura.WithRepoURL(server.URL), aura.WithMaxRetries(0), aura.WithRateLimit(aura.RateLimitError))
}

// silent returns a client of a server that never answers.
func silent(t *testing.T) *aura.Client {
	return newClient(t, aura.WithEnv(false), aura.WithRepoURL("http://"+silentAddress(t)))
}

func silentAddress(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String()
}

func TestTheFieldsOfAnError(t *testing.T) {
	headers := map[string]string{"Content-Type": "application/json", "X-Request-Id": "F-1"}
	client := canned(t, 422, headers, `{"message": "Validation error(s)", "errors": {"username": "is reserved", "emails": [{"email": "is bad"}]}}`)
	_, err := client.CreateUser(ctx, "a", "b", []string{"a@example.com"})
	var failure *aura.Error
	if !errors.As(err, &failure) {
		t.Fatal(err)
	}
	if failure.Kind != aura.ErrValidation || failure.Status != 422 || failure.Message != "Validation error(s)" ||
		failure.RequestID != "F-1" || failure.Attempts != 1 || failure.Method != "POST" ||
		failure.Route != "/users" || failure.OutcomeUnknown || failure.Retryable || failure.Timeout() {
		t.Errorf("%+v", failure)
	}
	wanted := map[string]any{"username": "is reserved", "emails": []any{map[string]any{"email": "is bad"}}}
	if !reflect.DeepEqual(failure.Fields, wanted) {
		t.Errorf("%v", failure.Fields)
	}
	if !errors.Is(err, aura.ErrValidation) || errors.Is(err, aura.ErrNotFound) || err.Error() == "" {
		t.Error(err)
	}
	if text, err := json.Marshal(failure); err != nil || !json.Valid(text) || len(text) < 100 {
		t.Errorf("%s %v", text, err)
	}
}

func TestAnErrorSaysWhetherToRepeat(t *testing.T) {
	client := canned(t, 503, nil, "busy")
	var failure *aura.Error
	_, err := client.CreateUser(ctx, "a", "b", []string{"a@example.com"})
	if !errors.As(err, &failure) || failure.Kind != aura.ErrServer || !failure.OutcomeUnknown || failure.Retryable {
		t.Errorf("%+v", failure)
	}
	_, err = client.GetUser(ctx, "a")
	if !errors.As(err, &failure) || failure.OutcomeUnknown || !failure.Retryable {
		t.Errorf("%+v", failure)
	}
}

func TestKindsOfErrors(t *testing.T) {
	for status, kind := range map[int]aura.Kind{
		401: aura.ErrUnauthenticated, 403: aura.ErrForbidden, 404: aura.ErrNotFound, 418: aura.ErrUnexpectedStatus,
		429: aura.ErrRateLimited, 500: aura.ErrServer, 200: aura.ErrDecode,
	} {
		_, err := canned(t, status, map[string]string{"Content-Type": "application/json"}, `{"message": "no"`).GetUser(ctx, "a")
		if !errors.Is(err, kind) {
			t.Errorf("%d: %v", status, err)
		}
	}
	_, err := newClient(t, aura.WithRepoURL("http://127.0.0.1:1"), aura.WithMaxRetries(0)).GetUser(ctx, "a")
	if !errors.Is(err, aura.ErrConnect) {
		t.Error(err)
	}
}

func TestAContextThatEnds(t *testing.T) {
	client := silent(t)
	why := errors.New("nobody waits")
	cancelled, cancel := context.WithCancelCause(ctx)
	time.AfterFunc(50*time.Millisecond, func() { cancel(why) })
	late, stop := context.WithTimeout(ctx, 50*time.Millisecond)
	defer stop()
	for _, each := range []struct {
		ctx    context.Context
		wanted []error
	}{
		{cancelled, []error{aura.ErrCancelled, context.Canceled, why}},
		{late, []error{aura.ErrTimeout, context.DeadlineExceeded}},
	} {
		// Under way first, then before it begins.
		for range 2 {
			calls := map[string]func() error{
				"get_user":    func() error { _, err := client.GetUser(each.ctx, "eric"); return err },
				"create_user": func() error { _, err := client.CreateUser(each.ctx, "a", "b", []string{"c"}); return err },
				"next": func() error {
					logs, err := client.StreamAuditLogs()
					must(t, err)
					defer logs.Close()
					_, err = logs.Next(each.ctx)
					return err
				},
			}
			// So many at once that some wait in a thread and some in the queue.
			var all sync.WaitGroup
			for name, call := range calls {
				for range 10 {
					all.Add(1)
					go func() {
						defer all.Done()
						err := call()
						for _, wanted := range each.wanted {
							if !errors.Is(err, wanted) {
								t.Errorf("%s: %v is not %v", name, err, wanted)
							}
						}
					}()
				}
			}
			all.Wait()
		}
	}
}

func TestCallsThatHaveBegunGoOnWhenTheClientIsClosed(t *testing.T) {
	started, goOn := make(chan struct{}, 20), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started <- struct{}{}
		<-goOn
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"username": "eric"}`))
	}))
	defer server.Close()
	client := newClient(t, aura.WithEnv(false), aura.WithRepoURL(server.URL))
	var all sync.WaitGroup
	for range 10 {
		all.Add(1)
		go func() {
			defer all.Done()
			if user, err := client.GetUser(ctx, "eric"); err != nil || user.Username != "eric" {
				t.Error(user, err)
			}
		}()
	}
	for range 10 {
		<-started
	}
	must(t, client.Close())
	if _, err := client.GetUser(ctx, "eric"); !errors.Is(err, aura.ErrInvalidArgument) {
		t.Error(err)
	}
	close(goOn)
	all.Wait()
}

func TestATimeoutOfTheLibraryIsNoContextsEnd(t *testing.T) {
	_, err := silent(t).GetUser(ctx, "eric", aura.WithTimeout(50*time.Millisecond), aura.WithMaxRetries(0))
	var failure *aura.Error
	if !errors.As(err, &failure) || !failure.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
