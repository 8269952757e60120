import io.github.aurausers.AuditLog;
import io.github.aurausers.AuditLogs;
import io.github.aurausers.AuraException;
import io.github.aurausers.Client;
import io.github.aurausers.Options;
import io.github.aurausers.UnsupportedException;
import io.github.aurausers.ValidationException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A tour of the five functions, in Java. tour.c is the same in C.
 *
 * <pre>
 * TOUR_PASSWORD=... java -cp JARS Tour.java REPO_URL USERNAME EMAIL
 * </pre>
 *
 * It creates an account that it does not delete. Try it on a server of your own, such as aura-sandbox.
 */
final class Tour {
  private Tour() {}

  private static void makeAccount(Client client, String username, String password, String email) {
    System.out.println(
        "create_user: " + client.createUser(username, password, List.of(email)).rawJson());
    System.out.println("get_user: " + client.getUser(username).rawJson());

    // The name is taken now, so the server rejects a second account.
    try {
      client.createUser(username, password, List.of(email));
    } catch (ValidationException e) {
      System.out.println("create_user again: " + e.getMessage());
    }
  }

  /** Reads a line. Before that, a person follows the link in the mail. */
  private static String askForKey(String email) throws IOException {
    System.out.printf(
        "Follow the link in the mail to %s, make an API key, and paste it here: ", email);
    System.out.flush();
    String key = new BufferedReader(new InputStreamReader(System.in)).readLine();
    System.out.println();
    return key;
  }

  private static void resetPassword(Client client, String username) {
    try {
      client.resetUserPassword(username);
      System.out.println("reset_user_password: a mail is on its way");
    } catch (UnsupportedException e) {
      System.out.println("reset_user_password: " + e.getMessage());
    }
  }

  private static void readAuditLog(Client client) {
    Map<String, Integer> actions = new TreeMap<>();
    int rows = 0;
    try (AuditLogs logs = client.streamAuditLogs()) {
      for (AuditLog log : logs) {
        actions.merge(log.action(), 1, Integer::sum);
        rows++;
      }
    }
    System.out.println("stream_audit_logs: " + rows + " rows");
    actions.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .forEach(action -> System.out.printf("%6d %s%n", action.getValue(), action.getKey()));
  }

  public static void main(String[] args) throws IOException {
    String password = System.getenv("TOUR_PASSWORD");
    if (args.length != 3 || password == null) {
      System.err.println("usage: TOUR_PASSWORD=... java Tour.java REPO_URL USERNAME EMAIL");
      System.exit(1);
    }
    Options options = Options.none().repoUrl(args[0]);
    try {
      try (Client client = new Client(options)) {
        makeAccount(client, args[1], password, args[2]);
      }

      // From here on, the client uses the key of the account.
      try (Client client = new Client(options.apiKey(askForKey(args[2])))) {
        System.out.println("get_current_user: " + client.getCurrentUser().rawJson());
        resetPassword(client, args[1]);
        readAuditLog(client);
      }
    } catch (AuraException e) {
      System.err.println("tour: " + e.getMessage());
      System.exit(1);
    }
  }
}
