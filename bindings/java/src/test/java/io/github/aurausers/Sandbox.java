package io.github.aurausers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** An aura-sandbox, and its admin API. It ends when its standard input closes. */
final class Sandbox implements AutoCloseable {
  private final Process process;
  private final Map<String, Object> ready;
  private final HttpClient http = HttpClient.newHttpClient();

  Sandbox(String... options) {
    try {
      List<String> command =
          Stream.concat(Stream.of(System.getProperty("aura.sandbox")), Arrays.stream(options))
              .toList();
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      var out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      ready = Json.parseObject(out.readLine());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String url() {
    return (String) ready.get("api_url");
  }

  /** A user with a verified address and rows in the audit log; gives an API key. */
  String addUser(String name, int rows) {
    String address = "[[\"" + name + "@example.com\",true,true,true]]";
    admin(
        "users",
        "{\"username\":\"%s\",\"full_name\":\"Eric Meadows\",\"emails\":%s,\"packages\":[\"ecto\"]}"
            .formatted(name, address));
    if (rows > 0) {
      admin(
          "audit-logs",
          "{\"username\":\"%s\",\"count\":%d,\"action\":\"key.generate\"}".formatted(name, rows));
    }
    return (String) admin("keys", "{\"username\":\"" + name + "\"}").get("secret");
  }

  /** A rule of misbehaviour. */
  void rule(String json) {
    admin("rules", json);
  }

  /** Ends all rules. */
  void clearRules() {
    send("DELETE", "rules", "");
  }

  Map<String, Object> admin(String path, String body) {
    return Json.parseObject(send("POST", path, body));
  }

  private String send(String method, String path, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(ready.get("admin_url") + "/" + path))
            .header("Authorization", "Bearer " + ready.get("admin_token"))
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    try {
      HttpResponse<String> reply = http.send(request, HttpResponse.BodyHandlers.ofString());
      if (reply.statusCode() >= 300) {
        throw new IllegalStateException(path + ": " + reply.body());
      }
      return reply.body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Ends it in the middle of everything. */
  void kill() {
    process.destroyForcibly();
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      process.waitFor();
    } catch (IOException | InterruptedException e) {
      process.destroyForcibly();
    }
  }
}
