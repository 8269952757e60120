package aura

// #include "aura_go.h"
import "C"

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// For so many lines there is room until they are delivered.
const mostLogLines = 4096

var logging struct {
	logger     atomic.Pointer[slog.Logger]
	isWanted   atomic.Bool
	delivering sync.Mutex
}

// SetLogger has the log of the whole process written to logger: each request with its status and
// time, retries, and what the server warns of. No secret, name or address stands in it. nil ends it.
//
// Lines come when a call ends, in the goroutine of some call. The lowest level that the logger has
// enabled now is the lowest that is kept.
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

// deliverLog hands over the lines that came since the last time. A handler may itself make calls: if
// lines are being handed over already, that goes on until there are none.
func deliverLog() {
	logger := logging.logger.Load()
	if logger == nil {
		return
	}
	logging.isWanted.Store(true)
	for logging.isWanted.Load() && logging.delivering.TryLock() {
		logging.isWanted.Store(false)
		var text *C.char
		if C.aura_log_take(&text, nil) == C.AURA_OK {
			deliver(logger.Handler(), takeText(text))
		}
		logging.delivering.Unlock()
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

func deliver(handler slog.Handler, text string) {
	var log struct {
		Dropped int       `json:"dropped"`
		Lines   []logLine `json:"lines"`
	}
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		return // it is the library's own text
	}
	if log.Dropped > 0 {
		record := slog.NewRecord(time.Now(), slog.LevelWarn, "log lines were dropped", 0)
		record.AddAttrs(slog.Int("dropped", log.Dropped))
		handOver(handler, record)
	}
	for _, line := range log.Lines {
		handOver(handler, line.record())
	}
}

// handOver hands over one record. What a handler cannot write is lost, as in slog.
func handOver(handler slog.Handler, record slog.Record) {
	if handler.Enabled(context.Background(), record.Level) {
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
