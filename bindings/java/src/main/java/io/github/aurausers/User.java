package io.github.aurausers;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The record of an account. It has the fields that the caller may see, and it is immutable. */
public final class User extends Fields {
  private User(String json) {
    super(json);
  }

  /**
   * Reads the JSON of a user, such as {@link #rawJson()}.
   *
   * @param json a JSON object
   * @return the record
   */
  public static User fromJson(String json) {
    User user = new User(json);
    user.check("username", "a user");
    return user;
  }

  /** Returns a record of the library, unchecked. */
  static User read(String json) {
    return new User(json);
  }

  /**
   * Returns the name. It is unique on the server, and in lower case.
   *
   * @return the name
   */
  public String username() {
    return text("username").orElse("");
  }

  /**
   * Returns the name of the person.
   *
   * @return the name
   */
  public Optional<String> fullName() {
    return text("full_name");
  }

  /**
   * Returns the public e-mail address.
   *
   * @return the address
   */
  public Optional<String> email() {
    return text("email");
  }

  /**
   * Returns links to the person's other accounts, in the server's order.
   *
   * @return the links by display name
   */
  public Map<String, String> handles() {
    return texts("handles");
  }

  /**
   * Returns the URL of this record in the API.
   *
   * @return the URL
   */
  public Optional<String> url() {
    return text("url");
  }

  /**
   * Returns the time when the account was created.
   *
   * @return the time, to the microsecond
   */
  public Optional<Instant> insertedAt() {
    return time("inserted_at");
  }

  /**
   * Returns the time of the last change.
   *
   * @return the time, to the microsecond
   */
  public Optional<Instant> updatedAt() {
    return time("updated_at");
  }

  /**
   * Returns the packages that the user owns and the caller may see.
   *
   * @return the packages; empty if the server sends no list
   */
  public Optional<List<Package>> packages() {
    return list("packages").map(all -> all.stream().map(Package::of).toList());
  }

  /**
   * Returns the URLs of the packages by name. The server deprecates it: use {@link #packages()}.
   *
   * @return the URLs
   */
  public Map<String, String> ownedPackages() {
    return texts("owned_packages");
  }

  /**
   * Returns the organizations of the current user. Other records have none.
   *
   * @return the organizations; empty if the server sends no list
   */
  public Optional<List<Organization>> organizations() {
    return list("organizations").map(all -> all.stream().map(Organization::of).toList());
  }

  private Optional<List<Map<?, ?>>> list(String name) {
    if (!(fields().get(name) instanceof List<?> list)) {
      return Optional.empty();
    }
    return Optional.of(
        list.stream()
            .<Map<?, ?>>map(one -> one instanceof Map<?, ?> map ? map : Map.of())
            .toList());
  }

  private static String text(Map<?, ?> map, String name) {
    return map.get(name) instanceof String text ? text : "";
  }

  /**
   * Returns the class and the username.
   *
   * @return the text
   */
  @Override
  public String toString() {
    return "User[" + username() + "]";
  }

  /**
   * A package that the user owns.
   *
   * @param name the name, unique in its repository
   * @param repository {@code hexpm}, or the organization's repository
   * @param url the URL in the API
   * @param htmlUrl the web page
   */
  @SuppressWarnings("JavaLangClash") // nested, so nothing is hidden
  public record Package(String name, String repository, String url, String htmlUrl) {
    static Package of(Map<?, ?> map) {
      return new Package(
          text(map, "name"), text(map, "repository"), text(map, "url"), text(map, "html_url"));
    }
  }

  /**
   * An organization of the current user.
   *
   * @param name the name
   * @param role the role of the user: {@code admin}, {@code write} or {@code read} on hex.pm
   */
  public record Organization(String name, String role) {
    static Organization of(Map<?, ?> map) {
      return new Organization(text(map, "name"), text(map, "role"));
    }
  }
}
