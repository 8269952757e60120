package aura

// #include "aura_go.h"
import "C"

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// The library stores this many lines until they are delivered.
const mostLogLines = 4096

var logging struct {
	logger     atomic.Pointer[slog.Logger]
	isWanted   atomic.Bool
	delivering sync.Mutex
}

// SetLogger writes the log of the whole process to logger: requests with their status and time,
// retries, and the server's warnings. It contains no secret, name or address. nil stops the log.
//
// Lines arrive when a call ends, in the goroutine of any call, or shortly afterwards. The level of
// the log is the lowest level that logger has enabled at the time of SetLogger. A logger that was
// replaced gets no further line. If the handler panics, the package reports this on standard error, and
// the call keeps its result.
func SetLogger(logger *slog.Logger) error {
	if _, err := library(); err != nil {
		return err
	}
	logging.logger.Store(logger)
	lowest, most := C.aura_log_level(C.AURA_LOG_WARN), C.size_t(mostLogLines)
	switch {
	case logger == nil:
		most = 0
	case logger.Enabled(context.Background(), slog.LevelDebug):
		lowest = C.AURA_LOG_DEBUG
	case logger.Enabled(context.Background(), slog.LevelInfo):
		lowest = C.AURA_LOG_INFO
	}
	C.aura_log_keep(lowest, most)
	return nil
}

// deliverLog passes the stored lines to the logger. Several goroutines may be here: one of them
// delivers all lines. A handler may make calls. If it makes one for every line, there is no last line,
// so the lines after the second round come later.
func deliverLog() {
	if logging.logger.Load() == nil {
		return
	}
	logging.isWanted.Store(true)
	for range 2 {
		if !logging.isWanted.Load() || !logging.delivering.TryLock() {
			return
		}
		logging.isWanted.Store(false)
		deliverStored()
	}
	if logging.isWanted.Load() {
		time.AfterFunc(100*time.Millisecond, deliverLog)
	}
}

func deliverStored() {
	defer logging.delivering.Unlock() // also if the handler calls runtime.Goexit
	var text *C.char
	if C.aura_log_take(&text, nil) == C.AURA_OK {
		deliver(takeText(text))
	}
}

type logLine struct {
	Level     string   `json:"level"`
	TimeMS    int64    `json:"time_ms"`
	Message   string   `json:"message"`
	Method    *string  `json:"method"`
	Route     *string  `json:"route"`
	Attempt   *int     `json:"attempt"`
	Status    *int     `json:"status"`
	Kind      *string  `json:"kind"`
	ElapsedMS *float64 `json:"elapsed_ms"`
	RequestID *string  `json:"request_id"`
}

var levels = map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn}

func deliver(text string) {
	var log struct {
		Dropped int       `json:"dropped"`
		Lines   []logLine `json:"lines"`
	}
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		return // impossible: the library wrote it
	}
	if log.Dropped > 0 {
		record := slog.NewRecord(time.Now(), slog.LevelWarn, "log lines were dropped", 0)
		record.AddAttrs(slog.Int("dropped", log.Dropped))
		writeRecord(record)
	}
	for _, line := range log.Lines {
		writeRecord(line.record())
	}
}

// writeRecord passes one record to the handler of the logger that is set now. It ignores the handler's
// error, as slog does. It recovers its panic: otherwise the caller would lose the result that the call
// has taken, such as a row.
func writeRecord(record slog.Record) {
	logger := logging.logger.Load()
	if logger == nil {
		return
	}
	defer func() {
		if problem := recover(); problem != nil {
			fmt.Fprintf(os.Stderr, "aura: the log handler panicked: %v\n%s", problem, debug.Stack())
		}
	}()
	if handler := logger.Handler(); handler.Enabled(context.Background(), record.Level) {
		_ = handler.Handle(context.Background(), record)
	}
}

func (l logLine) record() slog.Record {
	record := slog.NewRecord(time.UnixMilli(l.TimeMS), levels[l.Level], l.Message, 0)
	add(&record, "method", l.Method, slog.String)
	add(&record, "route", l.Route, slog.String)
	add(&record, "attempt", l.Attempt, slog.Int)
	add(&record, "status", l.Status, slog.Int)
	add(&record, "kind", l.Kind, slog.String)
	add(&record, "elapsed", l.ElapsedMS, func(key string, ms float64) slog.Attr {
		return slog.Duration(key, time.Duration(ms*float64(time.Millisecond)))
	})
	add(&record, "request_id", l.RequestID, slog.String)
	return record
}

func add[T any](record *slog.Record, key string, value *T, attr func(string, T) slog.Attr) {
	if value != nil {
		record.AddAttrs(attr(key, *value))
	}
}
