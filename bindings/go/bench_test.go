package aura_test

import (
	"syscall"
	"testing"
	"time"

	aura "github.com/aura-users/aura-users/bindings/go"
)

// cpu returns the CPU time that all threads of this process used.
func cpu(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkCrossing measures one call into C and back, with the lock of a handle. The library is loaded, or linked in
// with -tags aura_static:
//
//	go test -run none -bench . -benchmem
func BenchmarkCrossing(b *testing.B) {
	client := newClient(b, aura.WithEnv(false))
	logs, err := client.StreamAuditLogs()
	must(b, err)
	defer logs.Close()
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu(b)
	for range b.N {
		logs.Page()
	}
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
}
