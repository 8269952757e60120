import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;

/** The peer in Java: the JDK's HttpClient and Jackson, as a program would use them. */
final class HttpClientJackson {
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Package(
      String name, String repository, String url, @JsonProperty("html_url") String htmlUrl) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  record User(
      String username,
      @JsonProperty("full_name") String fullName,
      String email,
      Map<String, String> handles,
      String url,
      @JsonProperty("inserted_at") String insertedAt,
      @JsonProperty("updated_at") String updatedAt,
      @JsonProperty("owned_packages") Map<String, String> ownedPackages,
      List<Package> packages) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Row(
      String action, @JsonProperty("user_agent") String userAgent, Map<String, Object> params) {}

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private static <T> T get(String url, ObjectReader reader) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url))
            .header("Accept", "application/json")
            .header("Authorization", "key")
            .build();
    HttpResponse<byte[]> reply = CLIENT.send(request, HttpResponse.BodyHandlers.ofByteArray());
    if (reply.statusCode() != 200) {
      throw new IllegalStateException("status " + reply.statusCode());
    }
    return reader.readValue(reply.body());
  }

  public static void main(String[] arguments) throws Exception {
    Bench bench = new Bench(arguments);
    ObjectMapper mapper = new ObjectMapper();
    ObjectReader user = mapper.readerFor(User.class);
    ObjectReader rows = mapper.readerForListOf(Row.class);
    bench.measure(
        Map.of(
            "user",
            seen -> {
              User one = get(bench.url + "/users/orguser", user);
              seen.checksum += one.username().length();
            },
            "stream",
            seen -> {
              for (int page = 1; ; page++) {
                List<Row> some = get(bench.url + "/users/me/audit-logs?page=" + page, rows);
                if (some.isEmpty()) {
                  return;
                }
                for (Row row : some) {
                  seen.checksum += row.action().length();
                }
                seen.rows += some.size();
              }
            }));
  }
}
