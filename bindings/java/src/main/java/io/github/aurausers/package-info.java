/**
 * A client for the users API of Hex.pm and of every Hex-compatible server.
 *
 * <p>Start with {@link io.github.aurausers.Client}. Every failure is an {@link
 * io.github.aurausers.AuraException}.
 */
package io.github.aurausers;
