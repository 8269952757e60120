package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	aura "github.com/aura-users/aura-users/bindings/go"
)

// lines is a handler of slog that keeps records as the lines that a callback gets in C.
type lines struct {
	sync.Mutex
	texts []string
}

// collect sets the logger. stop removes it.
func (l *lines) collect() (stop func()) {
	_ = aura.SetLogger(slog.New(l))
	return func() { _ = aura.SetLogger(nil) }
}

func (l *lines) taken() []string {
	l.Lock()
	defer l.Unlock()
	return append([]string{}, l.texts...)
}

func (l *lines) Enabled(context.Context, slog.Level) bool { return true }
func (l *lines) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *lines) WithGroup(string) slog.Handler            { return l }

func (l *lines) Handle(_ context.Context, record slog.Record) error {
	has := map[string]slog.Value{}
	record.Attrs(func(attr slog.Attr) bool {
		has[attr.Key] = attr.Value
		return true
	})
	text := record.Message
	if elapsed, ok := has["elapsed"]; ok {
		text = fmt.Sprintf("%v %v: %s (attempt %v, status %v, %d ms)", has["method"], has["route"],
			record.Message, has["attempt"], has["status"], elapsed.Duration()/time.Millisecond)
	}
	l.Lock()
	defer l.Unlock()
	l.texts = append(l.texts, text)
	return nil
}
