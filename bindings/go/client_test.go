package aura_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	aura "github.com/aura-users/aura-users/bindings/go"
)

func TestTheFiveFunctions(t *testing.T) {
	s := startSandbox(t, "--profile", "legacy")
	client := s.eric(t, 3)
	made, err := client.CreateUser(ctx, "newcomer", "a long password", []string{"newcomer@example.com"})
	must(t, err)
	if made.Username != "newcomer" || made.Email != "newcomer@example.com" || made.Organizations != nil {
		t.Errorf("created %+v", made)
	}
	me, err := client.GetCurrentUser(ctx)
	must(t, err)
	if me.Username != "eric" || me.Organizations == nil {
		t.Errorf("the current user is %+v", me)
	}
	user, err := client.GetUser(ctx, "ERIC")
	must(t, err)
	if user.FullName != `Eric "Émile"` || user.Email != "eric@example.com" || len(user.Handles) != 1 {
		t.Errorf("got %+v", user)
	}
	if len(user.Packages) != 1 || user.Packages[0].Name != "decimal" || user.Packages[0].HTMLURL == "" {
		t.Errorf("packages are %+v", user.Packages)
	}
	if user.InsertedAt.Location() != time.UTC || time.Since(user.InsertedAt) > time.Hour {
		t.Errorf("the account was made at %v", user.InsertedAt)
	}
	must(t, client.ResetUserPassword(ctx, "eric"))
	logs, err := client.StreamAuditLogs()
	must(t, err)
	defer logs.Close()
	rows := 0
	for log, err := range logs.All(ctx) {
		must(t, err)
		if log.Action == "" || !json.Valid(log.Params) {
			t.Errorf("a row is %s", log.RawJSON())
		}
		rows++
	}
	if rows < 3 {
		t.Errorf("%d rows", rows)
	}
}

func TestAResetThatTheServerDoesNotOffer(t *testing.T) {
	client := startSandbox(t).eric(t, 0)
	if err := client.ResetUserPassword(ctx, "eric"); !errors.Is(err, aura.ErrUnsupported) {
		t.Error(err)
	}
}

func TestTextWithANULIsRefused(t *testing.T) {
	client := newClient(t, aura.WithRepoURL("http://127.0.0.1:1/api"))
	emails := []string{"a@example.com"}
	calls := map[string]func() error{
		"username":          func() error { _, err := client.CreateUser(ctx, "a\x00b", "c", emails); return err },
		"password":          func() error { _, err := client.CreateUser(ctx, "a", "c\x00", emails); return err },
		"emails":            func() error { _, err := client.CreateUser(ctx, "a", "c", []string{"a\x00@b"}); return err },
		"username_or_email": func() error { _, err := client.GetUser(ctx, "\x00"); return err },
		"user_agent":        func() error { _, err := client.GetUser(ctx, "a", aura.WithUserAgent("\x00")); return err },
		"the name of an option": func() error {
			_, err := client.GetCurrentUser(ctx, aura.WithOption("pa\x00ge", "1"))
			return err
		},
	}
	for name, call := range calls {
		err := call()
		if !errors.Is(err, aura.ErrInvalidArgument) || !strings.Contains(err.Error(), name+" contains a NUL") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestArgumentsThatTheLibraryRefuses(t *testing.T) {
	client := newClient(t, aura.WithRepoURL("http://127.0.0.1:1/api"))
	two := []string{"a@example.com", "b@example.com"}
	if _, err := client.CreateUser(ctx, "a", "b", two); !errors.Is(err, aura.ErrInvalidArgument) {
		t.Error(err)
	}
	if _, err := client.GetUser(ctx, "\xff"); !errors.Is(err, aura.ErrInvalidArgument) {
		t.Error(err)
	}
	for _, option := range []aura.ClientOption{
		aura.WithTimeout(-time.Second), aura.WithMaxRetries(-1), aura.WithPage(0), aura.WithRateLimit("maybe"),
		aura.WithOption("time_out", "1"),
	} {
		if _, err := aura.NewClient(option); !errors.Is(err, aura.ErrInvalidArgument) {
			t.Errorf("%v: %v", option, err)
		}
	}
	_, err := aura.NewClient(aura.WithOption("api_kye", "secret"))
	if err == nil || !strings.Contains(err.Error(), "api_key") || strings.Contains(err.Error(), "secret") {
		t.Errorf("no suggestion: %v", err)
	}
	if _, err := client.StreamAuditLogs(aura.WithOption("env", "false")); !errors.Is(err, aura.ErrInvalidArgument) {
		t.Errorf("env is no option of a call: %v", err)
	}
}

// echo returns a server that answers with a user of the headers of the request.
func echo(t *testing.T) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		text, _ := json.Marshal(map[string]any{
			"username": r.Header.Get("Authorization"), "full_name": r.Header.Get("User-Agent"), "new": []int{1},
		})
		_, _ = w.Write(text)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestTheCallsOptionWins(t *testing.T) {
	client := newClient(t, aura.WithRepoURL(echo(t).URL), aura.WithAPIKey("client"), aura.WithUserAgent("tool/1"))
	for _, each := range []struct {
		client  *aura.Client
		options []aura.CallOption
		key     string
	}{
		{client, nil, "client"},
		{client, []aura.CallOption{aura.WithAPIKey("call")}, "call"},
		{client.With(aura.WithAPIKey("with")), nil, "with"},
		{client.With(aura.WithAPIKey("with")), []aura.CallOption{aura.WithAPIKey("call")}, "call"},
	} {
		user, err := each.client.GetCurrentUser(ctx, each.options...)
		must(t, err)
		if user.Username != each.key {
			t.Errorf("sent %q, not %q", user.Username, each.key)
		}
		if !strings.HasPrefix(user.FullName, "tool/1 ") || !strings.Contains(user.FullName, "(aura-go/"+aura.Version+" go1.") {
			t.Errorf("the user agent is %q", user.FullName)
		}
	}
}

func TestARecordKeepsAllOfItsJSON(t *testing.T) {
	user, err := newClient(t, aura.WithRepoURL(echo(t).URL)).GetUser(ctx, "eric")
	must(t, err)
	if extra := user.Extra(); len(extra) != 1 || string(extra["new"]) != "[1]" {
		t.Errorf("extra is %s", extra)
	}
	text, err := json.Marshal(user)
	must(t, err)
	var again aura.User
	must(t, json.Unmarshal(text, &again))
	if !reflect.DeepEqual(*user, again) {
		t.Errorf("%+v is not %+v", again, *user)
	}
	if err := json.Unmarshal([]byte(`[]`), &again); err == nil {
		t.Error("a list was taken for a user")
	}
	if text, err := json.Marshal(aura.AuditLog{}); err != nil || string(text) != "null" {
		t.Errorf("%s %v", text, err)
	}
}

func TestAClientThatIsClosed(t *testing.T) {
	client := newClient(t, aura.WithRepoURL(echo(t).URL))
	logs, err := client.StreamAuditLogs()
	must(t, err)
	must(t, client.Close())
	must(t, client.Close())
	if _, err := client.GetUser(ctx, "eric"); !errors.Is(err, aura.ErrInvalidArgument) {
		t.Error(err)
	}
	must(t, logs.Close())
	if _, err := logs.Next(ctx); !errors.Is(err, aura.ErrInvalidArgument) || logs.Page() != 0 {
		t.Error(err)
	}
}

func TestTheRateLimit(t *testing.T) {
	s := startSandbox(t, "--rate-limit-loopback")
	client := s.eric(t, 0)
	if limit, err := client.RateLimit(); limit != nil || err != nil {
		t.Error(limit, err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer server.Close()
	_, err := client.GetUser(ctx, "eric", aura.WithRepoURL(server.URL), aura.WithRateLimit(aura.RateLimitError), aura.WithMaxRetries(0))
	var failure *aura.Error
	if !errors.As(err, &failure) || failure.Kind != aura.ErrRateLimited || failure.RetryAfter != 7*time.Second {
		t.Errorf("%v", err)
	}
}

func TestARateLimitOfAnySize(t *testing.T) {
	const largest = "18446744073709551615"
	client := canned(t, 200, map[string]string{
		"Content-Type": "application/json", "X-Ratelimit-Limit": largest, "X-Ratelimit-Remaining": largest,
		"X-Ratelimit-Reset": strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10),
	}, `{"username": "eric"}`)
	_, err := client.GetUser(ctx, "eric")
	must(t, err)
	limit, err := client.RateLimit()
	must(t, err)
	if limit == nil || fmt.Sprint(limit.Limit) != largest || fmt.Sprint(limit.Remaining) != largest ||
		limit.ResetsIn <= 0 || limit.ResetsIn > time.Minute {
		t.Errorf("%+v", limit)
	}
}

func TestAWaitOfAnyLength(t *testing.T) {
	const longest = math.MaxInt64 / time.Millisecond * time.Millisecond
	for seconds, wanted := range map[string]time.Duration{
		"0": 0, "7": 7 * time.Second, "9223372036": 9223372036 * time.Second,
		"9223372037": longest, "9223372036854775": longest, "18446744073709551615": longest,
	} {
		_, err := canned(t, 429, map[string]string{"Retry-After": seconds}, "").GetUser(ctx, "eric")
		failure := new(aura.Error)
		if !errors.As(err, &failure) || failure.RetryAfter != wanted {
			t.Errorf("after Retry-After %s: %v, not %v: %v", seconds, failure.RetryAfter, wanted, err)
		}
	}
}

func TestNilAndZeroValuesAreErrors(t *testing.T) {
	client := newClient(t, aura.WithEnv(false))
	var noClient aura.Client
	var noStream aura.AuditLogs
	calls := map[string]func() error{
		"option of a client": func() error { _, err := aura.NewClient(nil); return err },
		"option of a call":   func() error { _, err := client.GetUser(ctx, "eric", nil); return err },
		"option of a stream": func() error { _, err := client.StreamAuditLogs(nil); return err },
		"client":             func() error { _, err := noClient.GetUser(ctx, "eric"); return err },
		"stream":             func() error { _, err := noStream.Next(ctx); return err },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, aura.ErrInvalidArgument) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, noClient.Close())
	must(t, noStream.Close())
	if text, err := json.Marshal(new(aura.Error)); err != nil || string(text) != "null" {
		t.Errorf("%s %v", text, err)
	}
}
