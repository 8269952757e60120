package aura

// #include "aura_go.h"
import "C"

import (
	"context"
	"io"
	"iter"
	"runtime"
)

// AuditLogs is a stream of the rows of an audit log, newest first.
//
// It returns every row that existed at its start exactly once and in order, even if other rows are
// written meanwhile. After an error the stream keeps its position: range over All or Pages again, and
// it requests the same page again. It never reports a failure as the end. Several goroutines may use
// one stream, and each row goes to one of them.
type AuditLogs struct {
	handle *handle[*C.aura_audit_logs]
}

// All returns an iterator over the remaining rows. An error ends it, and is its last element:
//
//	for log, err := range logs.All(ctx) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(log.Action)
//	}
func (l *AuditLogs) All(ctx context.Context) iter.Seq2[AuditLog, error] {
	return rows(func() (AuditLog, error) { return l.Next(ctx) })
}

// Pages returns an iterator over the pages of the remaining rows. An error ends it, and is its last
// element.
func (l *AuditLogs) Pages(ctx context.Context) iter.Seq2[[]AuditLog, error] {
	return rows(func() ([]AuditLog, error) { return l.NextPage(ctx) })
}

func rows[T any](next func() (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			row, err := next()
			if err == io.EOF || !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// Next returns the next row. After the last row the error is [io.EOF]. After any other error, call it
// again to continue.
func (l *AuditLogs) Next(ctx context.Context) (AuditLog, error) {
	if err := contextError(ctx); err != nil {
		return AuditLog{}, err
	}
	text, err := l.arrived()
	if err == nil && text == "" {
		text, err = l.wait(ctx, func(logs *C.aura_audit_logs, call **C.aura_call, failure **C.aura_error) C.aura_status {
			return C.aura_audit_logs_next_start(logs, call, failure)
		})
	}
	if err != nil {
		return AuditLog{}, err
	}
	return auditLogOf(text)
}

// NextPage returns the rest of the current page, or the page after it. After the last page the error
// is [io.EOF].
func (l *AuditLogs) NextPage(ctx context.Context) ([]AuditLog, error) {
	if err := contextError(ctx); err != nil {
		return nil, err
	}
	text, err := l.wait(ctx, func(logs *C.aura_audit_logs, call **C.aura_call, failure **C.aura_error) C.aura_status {
		return C.aura_audit_logs_next_page_start(logs, call, failure)
	})
	if err != nil {
		return nil, err
	}
	return auditLogsOf(text)
}

// Page returns the page of the next row, counted from 1. To continue later, pass it to [WithPage]. It
// is 0 after Close.
func (l *AuditLogs) Page() uint64 {
	var page C.uint64_t
	l.handle.use(func(logs *C.aura_audit_logs) { page = C.aura_audit_logs_page(logs) })
	return uint64(page)
}

// Close ends the stream and its requests: a call that waits for a row returns [ErrCancelled]. Close
// always returns nil, and you may call it again.
func (l *AuditLogs) Close() error {
	l.handle.close()
	return nil
}

// arrived returns the next row if it has arrived, or "".
func (l *AuditLogs) arrived() (string, error) {
	var text *C.char
	var failure *C.aura_error
	var status C.aura_status
	isOpen := l.handle.use(func(logs *C.aura_audit_logs) {
		status = C.aura_audit_logs_next_at_hand(logs, &text, &failure)
	})
	switch {
	case !isOpen:
		return "", invalidArgument("the stream is closed")
	case status == C.AURA_OK:
		return takeText(text), nil
	case status == C.AURA_PENDING:
		return "", nil
	default:
		return "", takeError(failure)
	}
}

func (l *AuditLogs) wait(ctx context.Context, start func(*C.aura_audit_logs, **C.aura_call, **C.aura_error) C.aura_status) (string, error) {
	var call *C.aura_call
	var failure *C.aura_error
	status := C.aura_status(C.AURA_OK)
	isOpen := l.handle.use(func(logs *C.aura_audit_logs) { status = start(logs, &call, &failure) })
	if !isOpen {
		return "", invalidArgument("the stream is closed")
	}
	if status != C.AURA_OK {
		return "", takeError(failure)
	}
	defer deliverLog()
	text, isEnd, err := finish(ctx, call, l.handle.closed)
	runtime.KeepAlive(l.handle) // its finalizer would cancel the call
	if isEnd {
		return "", io.EOF
	}
	return text, err
}
