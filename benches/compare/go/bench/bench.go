// Package bench measures a job and prints the figures as a line of JSON, for every Go program here.
//
// Usage: PROGRAM JOB URL COUNT WARM_UP [OPTION VALUE]... A program runs the job's operation WARM_UP times,
// then measures COUNT runs. CPU is that of all threads of the process.
package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Seen counts what was read. compare.py checks that all programs read the same rows.
type Seen struct{ Rows, Checksum int }

// Arguments are the arguments of the command line.
type Arguments struct {
	Job, URL      string
	count, warmUp int
	// Options are names and values in turn.
	Options []string
}

// Read reads the command line.
func Read() Arguments {
	if len(os.Args) < 5 {
		Fail(fmt.Errorf("usage: %s JOB URL COUNT WARM_UP [OPTION VALUE]", os.Args[0]))
	}
	count, err := strconv.Atoi(os.Args[3])
	Fail(err)
	warmUp, err := strconv.Atoi(os.Args[4])
	Fail(err)
	return Arguments{os.Args[1], os.Args[2], count, warmUp, os.Args[5:]}
}

// Fail ends the program if there is an error.
func Fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Measure measures the job that the command line names.
func (a Arguments) Measure(jobs map[string]func(*Seen) error) {
	operation := jobs[a.Job]
	if operation == nil {
		Fail(fmt.Errorf("no job %s", a.Job))
	}
	for range a.warmUp {
		Fail(operation(new(Seen)))
	}
	var seen Seen
	latencies := make([]time.Duration, 0, a.count)
	cpu, start := cpuTime(), time.Now()
	last := start
	for range a.count {
		Fail(operation(&seen))
		now := time.Now()
		latencies = append(latencies, now.Sub(last))
		last = now
	}
	used, wall := cpuTime()-cpu, time.Since(start)
	slices.Sort(latencies)
	Fail(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"count":    a.count,
		"rows":     seen.Rows,
		"checksum": seen.Checksum,
		"cpu_us":   microseconds(used),
		"wall_us":  microseconds(wall),
		"p50_us":   microseconds(latencies[a.count/2]),
		"p99_us":   microseconds(latencies[a.count*99/100]),
		"rss_kb":   memory("VmRSS:"),
		"peak_kb":  memory("VmHWM:"),
	}))
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	Fail(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func microseconds(duration time.Duration) float64 { return float64(duration) / 1e3 }

// memory returns a field of the process's status, in kB.
func memory(field string) int {
	status, err := os.ReadFile("/proc/self/status")
	Fail(err)
	_, rest, _ := strings.Cut(string(status), field)
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	Fail(err)
	return kb
}
