package aura_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"testing"

	aura "github.com/aura-users/aura-users/bindings/go"
)

var ctx = context.Background()

// A sandbox is a running aura-sandbox, the program that the variable AURA_SANDBOX_BIN names.
type sandbox struct {
	*exec.Cmd
	stdin      io.Closer
	APIURL     string `json:"api_url"`
	AdminURL   string `json:"admin_url"`
	AdminToken string `json:"admin_token"`
}

func startSandbox(t testing.TB, options ...string) *sandbox {
	t.Helper()
	program := os.Getenv("AURA_SANDBOX_BIN")
	if program == "" {
		t.Skip("AURA_SANDBOX_BIN names no aura-sandbox")
	}
	s := &sandbox{Cmd: exec.Command(program, options...)}
	stdin, err := s.StdinPipe()
	must(t, err)
	s.stdin = stdin
	stdout, err := s.StdoutPipe()
	must(t, err)
	must(t, s.Start())
	t.Cleanup(func() {
		s.stdin.Close()
		_ = s.Wait() // a test may have killed it
	})
	ready, err := bufio.NewReader(stdout).ReadBytes('\n')
	must(t, err)
	must(t, json.Unmarshal(ready, s))
	return s
}

// admin posts to the admin API, and returns the answer.
func (s *sandbox) admin(t testing.TB, path, body string) map[string]any {
	t.Helper()
	request, err := http.NewRequest("POST", s.AdminURL+path, bytes.NewBufferString(body))
	must(t, err)
	request.Header.Set("Authorization", "Bearer "+s.AdminToken)
	reply, err := http.DefaultClient.Do(request)
	must(t, err)
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	must(t, err)
	if reply.StatusCode >= 300 {
		t.Fatalf("%s: %s %s", path, reply.Status, text)
	}
	var answer map[string]any
	_ = json.Unmarshal(text, &answer) // some answer with a list
	return answer
}

// eric creates the account eric with rows in its log, and returns a client for it.
func (s *sandbox) eric(t testing.TB, rows int, options ...aura.ClientOption) *aura.Client {
	t.Helper()
	s.admin(t, "/users", `{"username": "eric", "full_name": "Eric \"Émile\"", "password": "long enough",
		"emails": [["eric@example.com", true, true, true]], "packages": ["decimal"], "handles": {"github": "eric"}}`)
	key := s.admin(t, "/keys", `{"username": "eric"}`)["secret"].(string)
	s.admin(t, "/audit-logs", fmt.Sprintf(`{"username": "eric", "count": %d}`, rows))
	all := []aura.ClientOption{aura.WithEnv(false), aura.WithRepoURL(s.APIURL), aura.WithAPIKey(key)}
	return newClient(t, append(all, options...)...)
}

func newClient(t testing.TB, options ...aura.ClientOption) *aura.Client {
	t.Helper()
	client, err := aura.NewClient(options...)
	must(t, err)
	t.Cleanup(func() { client.Close() })
	return client
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
