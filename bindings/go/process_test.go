package aura_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	aura "github.com/aura-users/aura-users/bindings/go"
)

// Programs that a test runs in a process of their own: this one, with their name in AURA_PROGRAM.
var programs = map[string]func(){
	"exit with calls under way": func() {
		client, err := aura.NewClient(aura.WithEnv(false), aura.WithRepoURL(os.Args[1]))
		if err != nil {
			fmt.Println(err)
			os.Exit(2)
		}
		for range 20 {
			go client.GetUser(ctx, "eric")
			logs, _ := client.StreamAuditLogs()
			go logs.Next(ctx)
		}
		time.Sleep(100 * time.Millisecond)
		fmt.Println("ends")
	},
	"name the library": func() {
		file, version, err := aura.Library()
		fmt.Println(file, version, err, errors.Is(err, aura.ErrLibrary))
		_, again := aura.NewClient()
		fmt.Println(errors.Is(again, aura.ErrLibrary), errors.Is(aura.SetLogger(nil), aura.ErrLibrary))
	},
}

func TestMain(m *testing.M) {
	if program, ok := programs[os.Getenv("AURA_PROGRAM")]; ok {
		program()
		os.Exit(0)
	}
	for _, name := range []string{"HEX_API_URL", "HEX_API_KEY", "HEX_OTP", "http_proxy", "https_proxy"} {
		os.Unsetenv(name)
	}
	os.Exit(m.Run())
}

// run runs the program itself, or a copy of it, and returns its output.
func run(t *testing.T, file, program string, library string, arguments ...string) string {
	t.Helper()
	late, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	command := exec.CommandContext(late, file, arguments...)
	command.Env = append(os.Environ(), "AURA_PROGRAM="+program, "AURA_USERS_LIBRARY="+library)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return string(output)
}

func itself(t *testing.T) string {
	file, err := os.Executable()
	must(t, err)
	return file
}

func TestAProcessEndsWithCallsUnderWay(t *testing.T) {
	output := run(t, itself(t), "exit with calls under way", os.Getenv("AURA_USERS_LIBRARY"), "http://"+silentAddress(t))
	if output != "ends\n" {
		t.Error(output)
	}
}

func TestWhereTheLibraryIsLookedFor(t *testing.T) {
	file, version, err := aura.Library()
	must(t, err)
	if file == "linked in" {
		t.Skip("the library is linked in")
	}
	if version != aura.Version {
		t.Errorf("%s is version %s", file, version)
	}
	output := run(t, itself(t), "name the library", "/nowhere/libaura_users.so")
	if !strings.Contains(output, "/nowhere/libaura_users.so (the variable AURA_USERS_LIBRARY): no such file") ||
		strings.Count(output, "true") != 3 || strings.Contains(output, "the system's") {
		t.Error(output)
	}
	folder := t.TempDir()
	broken := filepath.Join(folder, "broken.so")
	must(t, os.WriteFile(broken, []byte("no library"), 0o600))
	if output := run(t, itself(t), "name the library", broken); !strings.Contains(output, broken) || strings.Count(output, "true") != 3 {
		t.Error(output)
	}
	// A copy of this program, with the library beside it and without.
	program := filepath.Join(folder, "program")
	content, err := os.ReadFile(itself(t))
	must(t, err)
	must(t, os.WriteFile(program, content, 0o700))
	below := filepath.Join(folder, "native", runtime.GOOS+"-"+runtime.GOARCH)
	own := filepath.Join(below, filepath.Base(file))
	if output := run(t, program, "name the library", ""); strings.Contains(output, "none was found") {
		for _, place := range []string{own, "the package's folder", "libaura_users.so.0.1 (the system's)"} {
			if !strings.Contains(output, place) {
				t.Errorf("%s does not name %s", output, place)
			}
		}
	}
	real, err := filepath.Abs(file)
	must(t, err)
	must(t, os.MkdirAll(below, 0o700))
	must(t, os.Symlink(real, own))
	if output := run(t, program, "name the library", ""); !strings.HasPrefix(output, own+" "+aura.Version+" <nil>") {
		t.Error(output)
	}
}

func TestLibrariesThatDoNotFit(t *testing.T) {
	if file, _, err := aura.Library(); err != nil || file == "linked in" {
		t.Skip("the library is linked in, or cannot be used: ", err)
	}
	compiler, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler: ", err)
	}
	folder := t.TempDir()
	for source, wanted := range map[string]string{
		"int other;": "has no function aura_version(): it is not the library aura_users",
		`const char *aura_version(void) { return "0.0.9"; }`: "is version 0.0.9; this package needs ",
		`const char *aura_version(void) { return "9.0.0"; }`: "is version 9.0.0; this package needs ",
		`const char *aura_version(void) { return "` + aura.Version + `"; }`: "is version " + aura.Version +
			", but has no function aura_",
	} {
		file := filepath.Join(folder, "other.so")
		command := exec.Command(compiler, "-shared", "-fPIC", "-x", "c", "-o", file, "-")
		command.Stdin = strings.NewReader(source)
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, output)
		}
		output := run(t, itself(t), "name the library", file)
		if !strings.Contains(output, file+" "+wanted) || strings.Count(output, "true") != 3 {
			t.Errorf("%s: %s", source, output)
		}
	}
}

func TestGoroutinesThatWaitShareThreads(t *testing.T) {
	client := silent(t)
	waiting, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	for range 300 {
		all.Add(1)
		go func() {
			defer all.Done()
			if _, err := client.GetUser(waiting, "eric"); !errors.Is(err, aura.ErrCancelled) {
				t.Error(err)
			}
		}()
	}
	time.Sleep(300 * time.Millisecond)
	threads, err := os.ReadDir("/proc/self/task")
	cancel()
	all.Wait()
	if err != nil {
		t.Skip("no /proc here")
	}
	t.Logf("%d threads", len(threads))
	if len(threads) > 60 {
		t.Errorf("300 calls that wait take %d threads", len(threads))
	}
}

// keeper is a handler that keeps records. It makes a call at the first one.
type keeper struct {
	sync.Mutex
	client  *aura.Client
	records []slog.Record
}

func (k *keeper) Enabled(context.Context, slog.Level) bool { return true }
func (k *keeper) WithAttrs([]slog.Attr) slog.Handler       { return k }
func (k *keeper) WithGroup(string) slog.Handler            { return k }

func (k *keeper) count() int {
	k.Lock()
	defer k.Unlock()
	return len(k.records)
}

func (k *keeper) Handle(ctx context.Context, record slog.Record) error {
	k.Lock()
	k.records = append(k.records, record)
	count := len(k.records)
	k.Unlock()
	if count == 1 {
		_, err := k.client.GetUser(ctx, "within")
		return err
	}
	return nil
}

func TestTheLogGoesToSlog(t *testing.T) {
	client := newClient(t, aura.WithRepoURL(echo(t).URL))
	kept := &keeper{client: client}
	must(t, aura.SetLogger(slog.New(kept)))
	defer aura.SetLogger(nil)
	_, err := client.GetUser(ctx, "secret-name")
	must(t, err)
	must(t, aura.SetLogger(nil))
	_, err = client.GetUser(ctx, "not-logged")
	must(t, err)
	kept.Lock()
	defer kept.Unlock()
	if len(kept.records) != 2 {
		t.Fatalf("%d records", len(kept.records))
	}
	record := kept.records[0]
	var attrs []string
	record.Attrs(func(attr slog.Attr) bool {
		attrs = append(attrs, attr.String())
		return true
	})
	text := strings.Join(attrs, " ")
	if record.Message != "request" || record.Level != slog.LevelDebug || time.Since(record.Time) > time.Minute ||
		!strings.HasPrefix(text, "method=GET route=/users/{username_or_email} attempt=1 status=200 elapsed=") {
		t.Errorf("%v %s %s", record.Level, record.Message, text)
	}
}

// waiter is a handler of slog that waits in every record.
type waiter struct {
	keeper
	entered, proceed chan struct{}
}

func (w *waiter) Handle(context.Context, slog.Record) error {
	w.entered <- struct{}{}
	<-w.proceed
	return nil
}

func TestALoggerThatWasReplacedGetsNoFurtherLine(t *testing.T) {
	client := newClient(t, aura.WithRepoURL(echo(t).URL))
	first := &waiter{entered: make(chan struct{}), proceed: make(chan struct{})}
	second := &keeper{client: client, records: make([]slog.Record, 1)} // one record, so that it makes no call
	must(t, aura.SetLogger(slog.New(first)))
	defer aura.SetLogger(nil)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, err := client.GetUser(ctx, "eric")
		must(t, err)
	}()
	<-first.entered
	must(t, aura.SetLogger(slog.New(second)))
	_, err := client.GetUser(ctx, "eric") // its line waits for the handler
	must(t, err)
	close(first.proceed)
	select {
	case <-first.entered:
		t.Error("the logger that was replaced got another line")
		<-ended
	case <-ended:
	}
	if count := second.count(); count != 2 {
		t.Errorf("the new logger got %d lines", count-1)
	}
}

// panicky is a handler of slog that panics at its first record.
type panicky struct {
	keeper
	panics sync.Once
}

func (p *panicky) Handle(ctx context.Context, record slog.Record) error {
	p.panics.Do(func() { panic("the handler fails") })
	return p.keeper.Handle(ctx, record)
}

// caller is a handler of slog that makes a call for every record, until the test has enough of them.
type caller struct {
	keeper
	calls atomic.Int32
}

const enoughCalls = 4

func (c *caller) Handle(ctx context.Context, _ slog.Record) error {
	if c.calls.Load() == enoughCalls {
		return nil
	}
	c.calls.Add(1)
	_, err := c.client.GetUser(ctx, "within")
	return err
}

func TestAHandlerThatAlwaysMakesCallsEndsTheCall(t *testing.T) {
	client := newClient(t, aura.WithRepoURL(echo(t).URL))
	calling := &caller{keeper: keeper{client: client}}
	must(t, aura.SetLogger(slog.New(calling)))
	defer aura.SetLogger(nil)
	_, err := client.GetUser(ctx, "eric")
	must(t, err)
	// The lines that are left come without another call.
	for calling.calls.Load() < enoughCalls || aura.IsDelivering() {
		time.Sleep(10 * time.Millisecond)
	}
}

// stderrOf returns what a function writes to standard error.
func stderrOf(t *testing.T, write func()) string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "stderr")
	must(t, err)
	defer file.Close()
	stderr := os.Stderr
	os.Stderr = file
	defer func() { os.Stderr = stderr }()
	write()
	text, err := os.ReadFile(file.Name())
	must(t, err)
	return string(text)
}

func TestTheLogContinuesAfterAPanicOfTheHandler(t *testing.T) {
	client := newClient(t, aura.WithRepoURL(echo(t).URL))
	kept := &panicky{keeper: keeper{client: client}}
	must(t, aura.SetLogger(slog.New(kept)))
	defer aura.SetLogger(nil)
	report := stderrOf(t, func() {
		user, err := client.GetUser(ctx, "eric")
		must(t, err)
		if len(user.Extra()) != 1 {
			t.Errorf("the call returned %+v", user)
		}
	})
	if !strings.Contains(report, "aura: the log handler panicked: the handler fails") ||
		!strings.Contains(report, "(*panicky).Handle") {
		t.Errorf("the report is %q", report)
	}
	_, err := client.GetUser(ctx, "eric")
	must(t, err)
	must(t, aura.SetLogger(nil))
	if len(kept.records) == 0 {
		t.Error("no line was logged after the panic")
	}
}

// broken is a handler of slog that always panics.
type broken struct{ keeper }

func (b *broken) Handle(context.Context, slog.Record) error { panic("the handler fails") }

func TestAHandlerThatAlwaysPanicsLosesNoRow(t *testing.T) {
	client := startSandbox(t).eric(t, 250)
	must(t, aura.SetLogger(slog.New(&broken{})))
	defer aura.SetLogger(nil)
	report := stderrOf(t, func() {
		numbers, errs := read(t, stream(t, client))
		countdown(t, numbers, 250)
		numbers = nil
		for page, err := range stream(t, client).Pages(ctx) {
			if err != nil {
				errs = append(errs, err)
			}
			for _, log := range page {
				numbers = append(numbers, number(log))
			}
		}
		countdown(t, numbers, 250)
		if len(errs) > 0 {
			t.Error(errs)
		}
	})
	if count := strings.Count(report, "aura: the log handler panicked"); count < 2 {
		t.Errorf("%d reports: %q", count, report)
	}
}
