import io.github.aurausers.AuditLog;
import io.github.aurausers.AuditLogs;
import io.github.aurausers.Client;
import io.github.aurausers.Options;
import java.util.Map;

/** Ours in Java. */
final class Ours {
  public static void main(String[] arguments) throws Exception {
    Bench bench = new Bench(arguments);
    Options options = Options.none().repoUrl(bench.url).apiKey("key").env(false);
    for (Map.Entry<String, String> option : bench.options.entrySet()) {
      options = options.set(option.getKey(), option.getValue());
    }
    try (Client client = new Client(options)) {
      bench.measure(
          Map.of(
              "user",
              seen -> seen.checksum += client.getUser("orguser").username().length(),
              "stream",
              seen -> {
                try (AuditLogs logs = client.streamAuditLogs()) {
                  for (AuditLog log : logs) {
                    seen.checksum += log.action().length();
                    seen.rows++;
                  }
                }
              }));
    }
  }
}
