package aura_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	aura "github.com/aura-users/aura-users/bindings/go"
)

// The same jobs with net/http and encoding/json, against a server in a process of its own:
//
//	go test -run none -bench . -benchmem
//
// cpu-µs/op is the time of all threads of this process.

func cpu(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func measure(b *testing.B, job func() error) {
	b.ReportAllocs()
	if err := job(); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	before := cpu(b)
	for range b.N {
		if err := job(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// plain is a client as a program would write it for itself.
type plain struct{ url, key string }

func (p plain) get(path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, "GET", p.url+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", p.key)
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		return err
	}
	if reply.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", reply.Status, text)
	}
	return json.Unmarshal(text, into)
}

type plainUser struct {
	Username      string            `json:"username"`
	FullName      string            `json:"full_name"`
	Email         string            `json:"email"`
	Handles       map[string]string `json:"handles"`
	URL           string            `json:"url"`
	InsertedAt    time.Time         `json:"inserted_at"`
	UpdatedAt     time.Time         `json:"updated_at"`
	OwnedPackages map[string]string `json:"owned_packages"`
	Packages      []struct {
		Name       string `json:"name"`
		Repository string `json:"repository"`
		URL        string `json:"url"`
		HTMLURL    string `json:"html_url"`
	} `json:"packages"`
}

type plainRow struct {
	Action    string          `json:"action"`
	UserAgent string          `json:"user_agent"`
	Params    json.RawMessage `json:"params"`
}

func (p plain) rows(wanted int) error {
	count := 0
	for page := 1; ; page++ {
		var rows []plainRow
		if err := p.get(fmt.Sprintf("/users/me/audit-logs?page=%d", page), &rows); err != nil {
			return err
		}
		if count += len(rows); len(rows) == 0 {
			return expect(count, wanted)
		}
	}
}

func auraRows(client *aura.Client, wanted int) error {
	logs, err := client.StreamAuditLogs()
	if err != nil {
		return err
	}
	defer logs.Close()
	count := 0
	for _, err := range logs.All(context.Background()) {
		if err != nil {
			return err
		}
		count++
	}
	return expect(count, wanted)
}

func expect(count, wanted int) error {
	if count != wanted {
		return fmt.Errorf("%d rows, not %d", count, wanted)
	}
	return nil
}

// both starts a server, and gives the two clients. A delay is for each page.
func both(b *testing.B, rows, delayMS int) (*aura.Client, plain) {
	if os.Getenv("AURA_SANDBOX_BIN") == "" {
		b.Skip("AURA_SANDBOX_BIN names no aura-sandbox")
	}
	s := startSandbox(b)
	client := s.eric(b, rows)
	key := s.admin(b, "/keys", `{"username": "eric", "name": "plain"}`)["secret"].(string)
	if delayMS > 0 {
		s.admin(b, "/rules", fmt.Sprintf(`{"path": "/api/users/me/audit-logs", "delay_ms": %d}`, delayMS))
	}
	return client, plain{s.APIURL, key}
}

func BenchmarkGetUser(b *testing.B) {
	client, plain := both(b, 0, 0)
	b.Run("aura", func(b *testing.B) {
		measure(b, func() error { _, err := client.GetUser(ctx, "eric"); return err })
	})
	b.Run("net-http", func(b *testing.B) {
		measure(b, func() error { return plain.get("/users/eric", new(plainUser)) })
	})
}

func BenchmarkRows20000(b *testing.B) {
	client, plain := both(b, 20_000, 0)
	b.Run("aura", func(b *testing.B) { measure(b, func() error { return auraRows(client, 20_000) }) })
	b.Run("net-http", func(b *testing.B) { measure(b, func() error { return plain.rows(20_000) }) })
}

func BenchmarkPages50At40ms(b *testing.B) {
	client, plain := both(b, 5_000, 40)
	b.Run("aura", func(b *testing.B) { measure(b, func() error { return auraRows(client, 5_000) }) })
	b.Run("net-http", func(b *testing.B) { measure(b, func() error { return plain.rows(5_000) }) })
}

// One call into C and back, with the lock of a handle: loaded, or with -tags aura_static linked in.
func BenchmarkCrossing(b *testing.B) {
	client := newClient(b, aura.WithEnv(false))
	logs, err := client.StreamAuditLogs()
	must(b, err)
	defer logs.Close()
	measure(b, func() error { logs.Page(); return nil })
}
