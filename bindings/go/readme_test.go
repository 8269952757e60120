package aura_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const module = "github.com/aura-users/aura-users/bindings/go"

// goRun builds a program in a module of its own that uses this one, and runs it.
func goRun(t *testing.T, source string, environment ...string) string {
	t.Helper()
	here, err := os.Getwd()
	must(t, err)
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "main.go"), []byte(source), 0o600))
	about := fmt.Sprintf("module example\n\ngo 1.23\n\nrequire %s v0.0.0\n\nreplace %s => %s\n", module, module, here)
	must(t, os.WriteFile(filepath.Join(folder, "go.mod"), []byte(about), 0o600))
	command := exec.Command("go", "run", ".")
	command.Dir = folder
	command.Env = append(os.Environ(), environment...)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return string(output)
}

func TestTheQuickStart(t *testing.T) {
	isLong(t)
	s := startSandbox(t)
	s.admin(t, "/users", `{"username": "ericmj", "full_name": "Eric", "emails": [["someone@example.com", true, true, true]]}`)
	key := s.admin(t, "/keys", `{"username": "ericmj"}`)["secret"].(string)
	s.admin(t, "/audit-logs", `{"username": "ericmj", "count": 250}`)
	readme, err := os.ReadFile("README.md")
	must(t, err)
	programs := regexp.MustCompile("(?s)```go\n(package main.*?)```").FindAllStringSubmatch(string(readme), -1)
	wanted := []string{"ericmj Eric 20", "refused: map[username:has already been taken]"}
	if len(programs) != len(wanted) {
		t.Fatalf("the README has %d programs", len(programs))
	}
	for i, program := range programs {
		output := goRun(t, program[1], "HEX_API_URL="+s.APIURL, "HEX_API_KEY="+key)
		if !strings.Contains(output, wanted[i]) || i == 1 && strings.Count(output, "\n") < 252 {
			t.Errorf("it printed\n…%s", output[max(0, len(output)-500):])
		}
	}
}

func TestTheTour(t *testing.T) {
	isLong(t)
	const keys = 120
	s := startSandbox(t, "--profile", "legacy", "--key-order", "shuffled")
	program := filepath.Join(t.TempDir(), "tour")
	if output, err := exec.Command("go", "build", "-o", program, "./examples/tour").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	tour := exec.Command(program, s.APIURL, "gopher", "gopher@example.com")
	tour.Env = append(os.Environ(), "TOUR_PASSWORD=a password for the tour")
	stdin, err := tour.StdinPipe()
	must(t, err)
	stdout, err := tour.StdoutPipe()
	must(t, err)
	must(t, tour.Start())
	var output bytes.Buffer
	for piece := make([]byte, 4096); ; {
		count, err := stdout.Read(piece)
		output.Write(piece[:count])
		if strings.HasSuffix(output.String(), "paste it here: ") {
			_, err = io.WriteString(stdin, person(t, s, keys)+"\n")
			must(t, err)
		}
		if err == io.EOF {
			break
		}
		must(t, err)
	}
	if err := tour.Wait(); err != nil {
		t.Errorf("%v: %s", err, output.String())
	}
	for _, words := range []string{
		`"username":"gopher"`, "username has already been taken", "get_current_user: {",
		"reset_user_password: a mail is on its way", fmt.Sprintf("%d key.generate", keys),
	} {
		if !strings.Contains(output.String(), words) {
			t.Errorf("the tour did not say %q:\n%s", words, output.String())
		}
	}
}

// person follows the link of the tour on the web site, and returns the key.
func person(t *testing.T, s *sandbox, keys int) string {
	t.Helper()
	request := func(method, url, authorization, body string) []byte {
		request, err := http.NewRequest(method, url, strings.NewReader(body))
		must(t, err)
		request.Header.Set("Authorization", authorization)
		request.Header.Set("Content-Type", "application/json")
		reply, err := http.DefaultClient.Do(request)
		must(t, err)
		defer reply.Body.Close()
		text, err := io.ReadAll(reply.Body)
		must(t, err)
		return text
	}
	mail := request("GET", s.AdminURL+"/mailbox", "Bearer "+s.AdminToken, "")
	link := regexp.MustCompile(`"link":"([^"]*)"`).FindSubmatch(mail)
	if link == nil {
		t.Fatalf("no mail: %s", mail)
	}
	request("GET", string(link[1]), "", "")
	key := s.admin(t, "/keys", `{"username": "gopher"}`)["secret"].(string)
	for i := range keys {
		request("POST", s.APIURL+"/keys", key, fmt.Sprintf(`{"name": "key-%d", "permissions": [{"domain": "api"}]}`, i))
	}
	return key
}
