// Command driver is what `aura-replay drive` feeds with the conformance cases, for Go:
// tests/conformance/README.md.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	aura "github.com/aura-users/aura-users/bindings/go"
)

type command struct {
	ID        string `json:"id"`
	Operation string `json:"operation"`
	Args      struct {
		UsernameOrEmail string   `json:"username_or_email"`
		Username        string   `json:"username"`
		Password        string   `json:"password"`
		Emails          []string `json:"emails"`
	} `json:"args"`
	Options       map[string]any `json:"options"`
	CancelAfterMS *int           `json:"cancel_after_ms"`
	DeadlineMS    *int           `json:"deadline_ms"`
	Resume        bool           `json:"resume"`
	Times         int            `json:"times"`
	AtOnce        bool           `json:"at_once"`
	Log           bool           `json:"log"`
	Fork          bool           `json:"fork"`
}

type answer map[string]any

func main() {
	lines := bufio.NewReader(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	answers.SetEscapeHTML(false)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		if err := answers.Encode(carryOut(line)); err != nil {
			return
		}
	}
}

func carryOut(line []byte) answer {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber() // an option's number goes on as it stands there
	var c command
	if err := decoder.Decode(&c); err != nil {
		fmt.Fprintln(os.Stderr, "driver:", err)
		os.Exit(1)
	}
	made := c.outcome()
	made["id"] = c.ID
	return made
}

func (c *command) outcome() answer {
	if c.Fork {
		return answer{"cannot": "a program in Go cannot fork"}
	}
	var options []aura.ClientOption
	for name, value := range c.Options {
		options = append(options, aura.WithOption(name, fmt.Sprint(value)))
	}
	var lines lines
	if c.Log {
		stop := lines.collect()
		defer stop()
	}
	client, err := aura.NewClient(options...)
	if err != nil {
		return failed(err)
	}
	defer client.Close()
	var made answer
	if c.Times > 0 {
		made = c.many(client)
	} else {
		made = c.once(client)
	}
	if c.Log {
		made["log"] = lines.taken()
	}
	return made
}

// context returns a context that ends when the command says so.
func (c *command) context() (context.Context, context.CancelFunc) {
	if c.DeadlineMS != nil {
		after := time.Duration(*c.DeadlineMS) * time.Millisecond
		return context.WithTimeout(context.Background(), after)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if c.CancelAfterMS != nil {
		time.AfterFunc(time.Duration(*c.CancelAfterMS)*time.Millisecond, cancel)
	}
	return ctx, cancel
}

func (c *command) once(client *aura.Client) answer {
	ctx, cancel := c.context()
	defer cancel()
	var user *aura.User
	var err error
	switch c.Operation {
	case "create_user":
		user, err = client.CreateUser(ctx, c.Args.Username, c.Args.Password, c.Args.Emails)
	case "get_current_user":
		user, err = client.GetCurrentUser(ctx)
	case "get_user":
		user, err = client.GetUser(ctx, c.Args.UsernameOrEmail)
	case "reset_user_password":
		if err = client.ResetUserPassword(ctx, c.Args.UsernameOrEmail); err == nil {
			return answer{"ok_empty": true}
		}
	case "stream_audit_logs":
		return c.stream(ctx, client)
	default:
		return answer{"cannot": "there is no " + c.Operation}
	}
	if err != nil {
		return failed(err)
	}
	return answer{"ok": user.RawJSON()}
}

func (c *command) stream(ctx context.Context, client *aura.Client) answer {
	logs, err := client.StreamAuditLogs()
	if err != nil {
		return failed(err)
	}
	defer logs.Close()
	rows, errs := []string{}, []json.RawMessage{}
	made := answer{}
	for goesOn := true; goesOn; {
		goesOn = false
		for log, err := range logs.All(ctx) {
			if err == nil {
				rows = append(rows, log.RawJSON())
			} else if c.Resume && len(errs) < 10 {
				errs = append(errs, rawError(err))
				goesOn = true
			} else {
				made["error"] = rawError(err)
			}
		}
	}
	made["ok_rows"], made["errors"] = rows, errs
	return made
}

func (c *command) many(client *aura.Client) answer {
	outcomes := map[string]int{}
	var counting sync.Mutex
	var all sync.WaitGroup
	one := func() {
		made := c.once(client)
		outcome := "ok"
		if raw, ok := made["error"].(json.RawMessage); ok {
			var has struct{ Kind string }
			_ = json.Unmarshal(raw, &has)
			outcome = has.Kind
		}
		counting.Lock()
		defer counting.Unlock()
		outcomes[outcome]++
	}
	for range c.Times {
		if !c.AtOnce {
			one()
			continue
		}
		all.Add(1)
		go func() {
			defer all.Done()
			one()
		}()
	}
	all.Wait()
	return answer{"outcomes": outcomes}
}

func failed(err error) answer { return answer{"error": rawError(err)} }

func rawError(err error) json.RawMessage {
	var failure *aura.Error
	if errors.As(err, &failure) {
		return json.RawMessage(failure.RawJSON())
	}
	text, _ := json.Marshal(map[string]string{"kind": "not an aura.Error", "message": err.Error()})
	return text
}
