# frozen_string_literal: true

require 'json'

# Measures a job and prints the figures as a line of JSON, for every Ruby program.
#
# Usage: PROGRAM JOB URL COUNT WARM_UP [OPTION VALUE]... A program runs the job's operation WARM_UP times,
# then measures COUNT runs. CPU is that of all threads of the process.
module Bench
  # Counts what was read. compare.py checks that all programs read the same rows.
  Seen = Struct.new(:rows, :checksum)

  JOB, URL, COUNT, WARM_UP, *REST = ARGV
  OPTIONS = REST.each_slice(2).to_h { |name, value| [name.to_sym, Integer(value)] }

  class << self
    # Measures the job that the command line names. Each job counts in a Seen what it has read.
    def measure(jobs)
      operation = jobs.fetch(JOB.to_sym)
      WARM_UP.to_i.times { operation.call(Seen.new(0, 0)) }
      seen = Seen.new(0, 0)
      latencies = []
      cpu = now(Process::CLOCK_PROCESS_CPUTIME_ID)
      start = last = now
      COUNT.to_i.times do
        operation.call(seen)
        time = now
        latencies << (time - last)
        last = time
      end
      print(seen, now(Process::CLOCK_PROCESS_CPUTIME_ID) - cpu, last - start, latencies.sort)
    end

    # Measures a peer. The block returns the decoded JSON of a path.
    def measure_peer
      measure(
        user: ->(seen) { seen.checksum += yield('/users/orguser')['username'].length },
        stream: lambda do |seen|
          (1..).each do |page|
            rows = yield("/users/me/audit-logs?page=#{page}")
            break if rows.empty?

            rows.each { |row| seen.checksum += row['action'].length }
            seen.rows += rows.size
          end
        end
      )
    end

    private

    def now(clock = Process::CLOCK_MONOTONIC)
      Process.clock_gettime(clock, :float_microsecond)
    end

    def print(seen, cpu, wall, latencies)
      count = latencies.size
      puts JSON.generate(
        count:, **seen.to_h, cpu_us: cpu, wall_us: wall, p50_us: latencies[count / 2],
        p99_us: latencies[count * 99 / 100], rss_kb: memory('VmRSS'), peak_kb: memory('VmHWM')
      )
    end

    # A field of the process's status, in kB.
    def memory(field)
      File.read('/proc/self/status')[/^#{field}:\s*(\d+)/, 1].to_i
    end
  end
end
