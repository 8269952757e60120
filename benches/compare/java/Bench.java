import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/**
 * Measures a job and prints the figures as a line of JSON, for every Java program.
 *
 * <p>Usage: PROGRAM JOB URL COUNT WARM_UP [OPTION VALUE]... A program runs the job's operation
 * WARM_UP times, then measures COUNT runs. CPU is that of all threads, including the collector and
 * the compilers.
 */
final class Bench {
  /** Counts what was read. compare.py checks that all programs read the same rows. */
  static final class Seen {
    long rows;
    long checksum;
  }

  @FunctionalInterface
  interface Operation {
    void run(Seen seen) throws Exception;
  }

  final String url;
  final Map<String, String> options;
  private final String job;
  private final int count;
  private final int warmUp;

  Bench(String[] arguments) {
    job = arguments[0];
    url = arguments[1];
    count = Integer.parseInt(arguments[2]);
    warmUp = Integer.parseInt(arguments[3]);
    options = new java.util.LinkedHashMap<>();
    for (int i = 4; i + 1 < arguments.length; i += 2) {
      options.put(arguments[i], arguments[i + 1]);
    }
  }

  void measure(Map<String, Operation> jobs) throws Exception {
    Operation operation = jobs.get(job);
    if (operation == null) {
      throw new IllegalArgumentException("no job " + job);
    }
    for (int i = 0; i < warmUp; i++) {
      operation.run(new Seen());
    }
    Seen seen = new Seen();
    long[] latencies = new long[count];
    long cpu = cpu();
    long start = System.nanoTime();
    long last = start;
    for (int i = 0; i < count; i++) {
      operation.run(seen);
      long now = System.nanoTime();
      latencies[i] = now - last;
      last = now;
    }
    long used = cpu() - cpu;
    Arrays.sort(latencies);
    System.out.printf(
        Locale.ROOT,
        "{\"count\":%d,\"rows\":%d,\"checksum\":%d,\"cpu_us\":%.1f,\"wall_us\":%.1f,\"p50_us\":%.1f,"
            + "\"p99_us\":%.1f,\"rss_kb\":%d,\"peak_kb\":%d}%n",
        count,
        seen.rows,
        seen.checksum,
        used / 1e3,
        (last - start) / 1e3,
        latencies[count / 2] / 1e3,
        latencies[(int) (count * 99L / 100)] / 1e3,
        memory("VmRSS:"),
        memory("VmHWM:"));
  }

  private static long cpu() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /** A field of the process's status, in kB. */
  private static long memory(String field) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith(field)) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    return 0;
  }
}
