package aura

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// IsDelivering reports whether a goroutine delivers log lines, or will soon.
func IsDelivering() bool {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return logging.isWanted.Load() || bytes.Contains(stacks, []byte("go.deliverLog("))
}

// CallsThatWait returns how many calls have begun and not ended.
func CallsThatWait() int {
	waiting.Lock()
	defer waiting.Unlock()
	return len(waiting.calls)
}

// description is include/aura_users.json, which a module that was downloaded does not have.
func description(t *testing.T) (d struct {
	Options []struct {
		Name, Type, Scope string
		Maximum           *float64
	}
	Kinds []struct {
		Name   string
		Number int
	} `json:"error_kinds"`
	Records map[string][]struct{ Name string }
}) {
	file := os.Getenv("AURA_USERS_DESCRIPTION")
	if file == "" {
		file = "../../include/aura_users.json"
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Skip("no description here: AURA_USERS_DESCRIPTION names no aura_users.json")
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestOptionsAreThoseOfTheDescription(t *testing.T) {
	source, err := os.ReadFile("options_by_name.go")
	if err != nil {
		t.Fatal(err)
	}
	var wanted, found []string
	types := map[string]string{"boolean": "bool", "seconds": "time.Duration", "choice": "Choice"}
	for _, option := range description(t).Options {
		kind, ok := types[option.Type]
		if !ok {
			kind = "string"
		}
		if option.Type == "whole" {
			kind = "uint64"
			if *option.Maximum < 1<<31 {
				kind = "int"
			}
		}
		wanted = append(wanted, option.Name+" "+kind+" "+option.Scope)
	}
	declared := regexp.MustCompile(`value (?:RateLimit)?([\w.]+)\) \w+ \{\n\treturn (call|client)Option\{"(\w+)"`)
	for _, match := range declared.FindAllStringSubmatch(string(source), -1) {
		found = append(found, match[3]+" "+match[1]+" "+match[2])
	}
	if !slices.Equal(wanted, found) {
		t.Errorf("the description has\n%v\nthe package\n%v", wanted, found)
	}
}

func TestKindsAreThoseOfTheDescription(t *testing.T) {
	kinds := description(t).Kinds
	if len(kinds) != len(kindNames) {
		t.Errorf("%d kinds, not %d", len(kindNames), len(kinds))
	}
	for _, kind := range kinds {
		if got := Kind(kind.Number).String(); got != kind.Name {
			t.Errorf("%d is %s, not %s", kind.Number, got, kind.Name)
		}
	}
	if got := Kind(9999).String(); got != "kind 9999" {
		t.Error(got)
	}
}

func TestRecordsHaveTheMembersOfTheDescription(t *testing.T) {
	records := description(t).Records
	for _, member := range records["user"] {
		if !new(User).set(member.Name, "null") {
			t.Errorf("User has no field for %s", member.Name)
		}
	}
	for _, member := range records["audit_log"] {
		if !new(AuditLog).set(member.Name, "null") {
			t.Errorf("AuditLog has no field for %s", member.Name)
		}
	}
	ours := newError(ErrInvalidArgument, "no")
	var has map[string]any
	if err := json.Unmarshal([]byte(ours.RawJSON()), &has); err != nil {
		t.Fatal(err)
	}
	for _, member := range records["error"] {
		if _, ok := has[member.Name]; !ok {
			t.Errorf("an error of ours has no %s", member.Name)
		}
	}
	if again := errorOf(ours.RawJSON()); again.Kind != ours.Kind || again.Error() != ours.Error() {
		t.Errorf("%+v is not %+v", again, ours)
	}
}

func TestARateLimitThatCannotBeRead(t *testing.T) {
	if limit, err := rateLimitOf("null"); limit != nil || err != nil {
		t.Error(limit, err)
	}
	for _, text := range []string{"", "[]", `{"limit":-1}`} {
		var failure *Error
		if _, err := rateLimitOf(text); !errors.As(err, &failure) || failure.Kind != ErrInternal {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestVersions(t *testing.T) {
	for version, isGood := range map[string]bool{
		libraryVersion: true, libraryABI + ".99": true, libraryABI + ".99-rc1": true, libraryABI: false,
		"9.9.9": false, "0.10.0": false, "": false, libraryABI + ".x": false,
	} {
		if isCompatible(version) != isGood {
			t.Errorf("%q", version)
		}
	}
}

func TestAHandleIsFreedOnce(t *testing.T) {
	const count = 1000
	var freed atomic.Int64
	for i := range count {
		h := newHandle(new(int), func(*int) { freed.Add(1) })
		if i%2 == 0 {
			h.close()
			h.close()
			if h.use(func(*int) {}) {
				t.Error("a closed handle is used")
			}
		}
	}
	for range 1000 {
		runtime.GC()
		if time.Sleep(time.Millisecond); freed.Load() == count {
			break
		}
	}
	if freed.Load() != count {
		t.Errorf("freed %d times, not %d", freed.Load(), count)
	}
}

func TestRealHandlesUnderCollection(t *testing.T) {
	if _, _, err := Library(); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	for range 300 {
		client, err := NewClient(WithRepoURL("http://127.0.0.1:1"), WithMaxRetries(0))
		if err != nil {
			t.Fatal(err)
		}
		logs, err := client.StreamAuditLogs()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := logs.Next(context.Background()); !errors.Is(err, ErrConnect) && !errors.Is(err, ErrUnauthenticated) {
			t.Fatal(err)
		}
		if _, err := client.CreateUser(context.Background(), "a", "b", []string{"c@example.com"}); !errors.Is(err, ErrConnect) {
			t.Fatal(err)
		}
	}
	close(stop)
	<-done
}
