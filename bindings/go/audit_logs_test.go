package aura_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	aura "github.com/aura-users/aura-users/bindings/go"
)

func stream(t *testing.T, client *aura.Client, options ...aura.CallOption) *aura.AuditLogs {
	t.Helper()
	logs, err := client.StreamAuditLogs(options...)
	must(t, err)
	t.Cleanup(func() { logs.Close() })
	return logs
}

// number is the one that the sandbox put into a row's params, 0 for another row.
func number(log aura.AuditLog) int {
	for _, field := range strings.FieldsFunc(string(log.Params), func(r rune) bool { return r < '0' || r > '9' }) {
		if n, err := strconv.Atoi(field); err == nil {
			return n
		}
	}
	return 0
}

// read reads a stream to its end, and continues after each error.
func read(t *testing.T, logs *aura.AuditLogs) (numbers []int, errs []error) {
	t.Helper()
	for range 10 {
		isOver := true
		for log, err := range logs.All(ctx) {
			if err != nil {
				errs = append(errs, err)
				isOver = false
			} else {
				numbers = append(numbers, number(log))
			}
		}
		if isOver {
			return numbers, errs
		}
	}
	t.Fatal("the stream does not end: ", errs)
	return nil, nil
}

func countdown(t *testing.T, numbers []int, from int) {
	t.Helper()
	if len(numbers) < from {
		t.Fatalf("%d rows, not %d", len(numbers), from)
	}
	for i := range from {
		if numbers[i] != from-i {
			t.Fatalf("row %d is %d, not %d", i, numbers[i], from-i)
		}
	}
}

func TestAStreamGoesOnAfterAnError(t *testing.T) {
	s := startSandbox(t)
	client := s.eric(t, 450, aura.WithMaxRetries(0), aura.WithPrefetch(0))
	s.admin(t, "/rules", `{"path": "/api/users/me/audit-logs", "nth": 3, "then": {"reply": {"status": 503}}}`)
	numbers, errs := read(t, stream(t, client))
	countdown(t, numbers, 450)
	if len(errs) != 1 || !errors.Is(errs[0], aura.ErrServer) {
		t.Errorf("errors are %v", errs)
	}
}

func TestAStreamKeepsItsPlaceWhenItsContextEnds(t *testing.T) {
	s := startSandbox(t)
	client := s.eric(t, 250, aura.WithPrefetch(0))
	s.admin(t, "/rules", `{"path": "/api/users/me/audit-logs", "nth": 2, "delay_ms": 5000}`)
	logs := stream(t, client)
	var numbers []int
	for range 100 {
		log, err := logs.Next(ctx)
		must(t, err)
		numbers = append(numbers, number(log))
	}
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	for log, err := range logs.All(short) {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%v, %v", log, err)
		}
	}
	rest, errs := read(t, logs)
	countdown(t, append(numbers, rest...), 250)
	if len(errs) > 0 {
		t.Error(errs)
	}
}

func TestALoopThatIsLeftGoesOnInTheNext(t *testing.T) {
	logs := stream(t, startSandbox(t).eric(t, 150))
	var numbers []int
	for range 2 {
		for log, err := range logs.All(ctx) {
			must(t, err)
			if numbers = append(numbers, number(log)); len(numbers)%7 == 0 {
				break
			}
		}
	}
	rest, _ := read(t, logs)
	countdown(t, append(numbers, rest...), 150)
	for range 3 {
		if _, err := logs.Next(ctx); err != io.EOF {
			t.Errorf("after the end: %v", err)
		}
		if _, err := logs.NextPage(ctx); err != io.EOF {
			t.Errorf("after the end: %v", err)
		}
	}
}

func TestPages(t *testing.T) {
	client := startSandbox(t).eric(t, 250)
	logs := stream(t, client)
	if page := logs.Page(); page != 1 {
		t.Errorf("page %d before the first", page)
	}
	first, err := logs.Next(ctx)
	must(t, err)
	numbers, sizes := []int{number(first)}, []int{}
	for page, err := range logs.Pages(ctx) {
		must(t, err)
		sizes = append(sizes, len(page))
		for _, log := range page {
			numbers = append(numbers, number(log))
		}
	}
	countdown(t, numbers, 250)
	if len(sizes) < 3 || sizes[0] != 99 {
		t.Errorf("pages of %v", sizes)
	}
	later := stream(t, client, aura.WithPage(3))
	log, err := later.Next(ctx)
	must(t, err)
	if number(log) != 50 || later.Page() != 3 {
		t.Errorf("page %d begins with %s", later.Page(), log.RawJSON())
	}
}

func TestAServerThatIsKilledIsNoEnd(t *testing.T) {
	s := startSandbox(t)
	logs := stream(t, s.eric(t, 5000, aura.WithPrefetch(0), aura.WithMaxRetries(0)))
	rows := 0
	var last error
	for _, err := range logs.All(ctx) {
		if last = err; err != nil {
			break
		}
		if rows++; rows == 150 {
			must(t, s.Process.Kill())
		}
	}
	if !errors.Is(last, aura.ErrConnect) || rows < 150 || rows >= 5000 {
		t.Errorf("%d rows, then %v", rows, last)
	}
}

func TestARowComesBackFromItsJSON(t *testing.T) {
	log, err := stream(t, startSandbox(t).eric(t, 1)).Next(ctx)
	must(t, err)
	text, err := json.Marshal(log)
	must(t, err)
	var again aura.AuditLog
	must(t, json.Unmarshal(text, &again))
	if fmt.Sprint(again) != fmt.Sprint(log) || again.Action == "" {
		t.Errorf("%v is not %v", again, log)
	}
	if extra := log.Extra(); len(extra) != 0 {
		t.Errorf("extra is %v", extra)
	}
}

func isLong(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
}

// memory is what the process has in memory, in kB, without what can be given back.
func memory(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc here: " + runtime.GOOS)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kB, err := strconv.Atoi(strings.Fields(rest)[0])
	must(t, err)
	return kB
}

// leavesNothingBehind fails if the memory grows in each of some rounds of work. Go may enlarge its
// heap in any round. What is left behind grows in every round.
func leavesNothingBehind(t *testing.T, work func()) {
	t.Helper()
	work()
	least := math.MaxInt
	for round := 0; round < 5 && least > 8192; round++ {
		before := memory(t)
		work()
		least = min(least, memory(t)-before)
	}
	if least > 8192 {
		t.Errorf("grew by %d kB or more in each round", least)
	}
}

func TestALongStreamLeavesNothingBehind(t *testing.T) {
	isLong(t)
	client := startSandbox(t).eric(t, 20_000)
	leavesNothingBehind(t, func() {
		for range 2 {
			numbers, errs := read(t, stream(t, client))
			countdown(t, numbers, 20_000)
			if len(errs) > 0 {
				t.Fatal(errs)
			}
		}
	})
}

func TestManyCallsLeaveNothingBehind(t *testing.T) {
	isLong(t)
	client := newClient(t, aura.WithRepoURL(echo(t).URL))
	leavesNothingBehind(t, func() {
		for range 10_000 {
			if _, err := client.GetUser(ctx, "eric"); err != nil {
				t.Fatal(err)
			}
			if _, err := client.GetUser(ctx, ".."); err == nil {
				t.Fatal("a path was taken for a name")
			}
		}
	})
}

func TestCloseEndsARowThatIsAwaited(t *testing.T) {
	logs := stream(t, silent(t))
	ended := make(chan error, 2)
	go func() { _, err := logs.Next(ctx); ended <- err }()
	go func() { _, err := logs.NextPage(ctx); ended <- err }()
	for i := 0; i < 10_000 && aura.CallsThatWait() < 2; i++ {
		time.Sleep(10 * time.Millisecond)
	}
	must(t, logs.Close())
	for range 2 {
		select {
		case err := <-ended:
			if !errors.Is(err, aura.ErrCancelled) {
				t.Error(err)
			}
		case <-time.After(120 * time.Second):
			t.Fatal("Close did not end it")
		}
	}
	if _, err := logs.Next(ctx); !errors.Is(err, aura.ErrInvalidArgument) {
		t.Error(err)
	}
}
