package io.github.aurausers;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A user account, as the server describes it to the caller. It cannot be changed. */
public final class User extends Fields {
  private User(String json) {
    super(json);
  }

  /**
   * A record again, from what {@link #rawJson()} gave.
   *
   * @param json a JSON object
   * @return the record
   */
  public static User fromJson(String json) {
    User user = new User(json);
    user.check("username", "a user");
    return user;
  }

  /** A record of the library, which is known to be one. */
  static User read(String json) {
    return new User(json);
  }

  /**
   * The name, unique on the server, in lower case.
   *
   * @return the name
   */
  public String username() {
    return text("username").orElse("");
  }

  /**
   * The person's name, if they gave one.
   *
   * @return the name
   */
  public Optional<String> fullName() {
    return text("full_name");
  }

  /**
   * The public e-mail address, if there is one.
   *
   * @return the address
   */
  public Optional<String> email() {
    return text("email");
  }

  /**
   * Links to the person's other accounts, in the server's order.
   *
   * @return the links by display name
   */
  public Map<String, String> handles() {
    return texts("handles");
  }

  /**
   * Where the API has this record.
   *
   * @return the URL
   */
  public Optional<String> url() {
    return text("url");
  }

  /**
   * When the account was made.
   *
   * @return the time, to the microsecond
   */
  public Optional<Instant> insertedAt() {
    return time("inserted_at");
  }

  /**
   * When the account was last changed.
   *
   * @return the time, to the microsecond
   */
  public Optional<Instant> updatedAt() {
    return time("updated_at");
  }

  /**
   * The packages that the user owns and the caller may see.
   *
   * @return the packages; empty if the server sends no list at all
   */
  public Optional<List<Package>> packages() {
    return list("packages").map(all -> all.stream().map(Package::of).toList());
  }

  /**
   * The packages' URLs by name. Deprecated by the server: use {@link #packages()}.
   *
   * @return the URLs
   */
  public Map<String, String> ownedPackages() {
    return texts("owned_packages");
  }

  /**
   * The organizations that the user is a member of. Only the current user's record has them.
   *
   * @return the organizations; empty if the server sends no list at all
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
   * The class and the username.
   *
   * @return a text for a person
   */
  @Override
  public String toString() {
    return "User[" + username() + "]";
  }

  /**
   * A package that the user owns.
   *
   * @param name its name, unique in its repository
   * @param repository {@code hexpm}, or the organization's repository
   * @param url where the API has it
   * @param htmlUrl where a person reads about it
   */
  @SuppressWarnings("JavaLangClash") // nested, so nothing is hidden
  public record Package(String name, String repository, String url, String htmlUrl) {
    static Package of(Map<?, ?> map) {
      return new Package(
          text(map, "name"), text(map, "repository"), text(map, "url"), text(map, "html_url"));
    }
  }

  /**
   * An organization that the user is a member of.
   *
   * @param name its name
   * @param role {@code admin}, {@code write} or {@code read} on hex.pm
   */
  public record Organization(String name, String role) {
    static Organization of(Map<?, ?> map) {
      return new Organization(text(map, "name"), text(map, "role"));
    }
  }
}
