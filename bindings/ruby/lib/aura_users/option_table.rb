# frozen_string_literal: true

module AuraUsers
  # An option: its type, its default as text (nil if there is none), whether one call may have it (`scope` is
  # `:call`) or only a client, the environment variables that are read for it, the values allowed, and what it does.
  Option = Struct.new(:name, :type, :default, :scope, :environment, :allowed, :doc)

  # All options by name. `tools/generate.py` writes this table from the library's description.
  OPTIONS = {
    # generated: options
    repo_url: Option.new(
      :repo_url, :url, 'https://hex.pm/api', :call, %w[HEX_API_URL HEX_API],
      'an http or https URL without user, query and fragment',
      'Base URL of the API.'
    ),
    api_key: Option.new(
      :api_key, :text, nil, :call, %w[HEX_API_KEY],
      'text without control characters',
      'API key, sent as `Authorization: <key>`; `Bearer <token>` is sent as it is.'
    ),
    otp: Option.new(
      :otp, :text, nil, :call, %w[HEX_OTP],
      'text without control characters',
      'One-time password, sent as `X-Hex-OTP`.'
    ),
    timeout: Option.new(
      :timeout, :seconds, '15', :call, %w[HEX_HTTP_TIMEOUT],
      'seconds, from 0.001 to 31536000',
      'Time for one attempt.'
    ),
    total_timeout: Option.new(
      :total_timeout, :seconds, '120', :call, %w[],
      'seconds, from 0.001 to 31536000',
      'Time for the whole call, with its retries and its waits for the rate limit.'
    ),
    connect_timeout: Option.new(
      :connect_timeout, :seconds, '10', :call, %w[],
      'seconds, from 0.001 to 31536000',
      'Time to connect, with the TLS handshake.'
    ),
    max_retries: Option.new(
      :max_retries, :whole, '2', :call, %w[],
      'a whole number from 0 to 100',
      'How often a call is retried if that is safe: a GET after a connection failure, 429, 502, 503 or 504; a POST ' \
      'only if nothing can have reached the server.'
    ),
    rate_limit: Option.new(
      :rate_limit, :choice, 'wait', :call, %w[],
      'wait or error',
      'What a call does when the rate limit is reached.'
    ),
    prefetch: Option.new(
      :prefetch, :whole, '4', :call, %w[],
      'a whole number from 0 to 100',
      'Pages of the audit log requested ahead, 0 for none. The number grows while the log is read; with more than ' \
      'the default, all of them are requested from the second page on.'
    ),
    page: Option.new(
      :page, :whole, '1', :call, %w[],
      'a whole number from 1 on',
      'First page of the audit log to read.'
    ),
    proxy: Option.new(
      :proxy, :url, nil, :call, %w[],
      'an http, https, socks5 or socks5h URL',
      'Proxy for every request. Its URL may hold the proxy\'s user and password. If it is not set, the ' \
      'environment\'s `http_proxy`, `https_proxy` and `all_proxy` count, except for the loopback.'
    ),
    no_proxy: Option.new(
      :no_proxy, :text, nil, :call, %w[no_proxy NO_PROXY],
      'host names, .domains, addresses and networks, separated by commas',
      'Hosts that are reached without a proxy, separated by commas or blanks: names with all below them, addresses ' \
      'and networks, each with a port or without; or `*`.'
    ),
    ca_file: Option.new(
      :ca_file, :path, nil, :call, %w[HEX_CACERTS_PATH],
      'the path of a PEM file',
      'PEM file of root certificates to trust in addition to the system\'s.'
    ),
    user_agent: Option.new(
      :user_agent, :text, nil, :call, %w[],
      'text without control characters',
      'Name of the program, which precedes the library\'s in `User-Agent`. The server keeps 255 code points of it ' \
      'in every audit row.'
    ),
    client_name: Option.new(
      :client_name, :text, nil, :call, %w[],
      'text without control characters, parentheses and backslashes',
      'Name and version of what is built on this library, such as a binding and its language. It stands in `User- ' \
      'Agent` in parentheses behind the library\'s name.'
    ),
    max_body: Option.new(
      :max_body, :whole, '16777216', :call, %w[],
      'bytes, from 1 on',
      'Largest reply accepted, in bytes after decompression.'
    ),
    max_connections: Option.new(
      :max_connections, :whole, '64', :call, %w[HEX_HTTP_CONCURRENCY],
      'a whole number from 1 to 100000',
      'Connections to one server at once, of started calls, streams and asynchronous clients. More calls wait for ' \
      'their turn, within their time.'
    ),
    cache: Option.new(
      :cache, :whole, '0', :call, %w[],
      'a whole number from 0 to 100000',
      'How many user records are kept in memory with their ETag. The server answers 304 if such a record did not ' \
      'change.'
    ),
    allow_insecure_http: Option.new(
      :allow_insecure_http, :boolean, 'false', :call, %w[],
      'true or false, also 1 or 0, yes or no, on or off',
      'Whether a credential may be sent over plain http beyond the loopback.'
    ),
    env: Option.new(
      :env, :boolean, 'true', :client, %w[],
      'true or false, also 1 or 0, yes or no, on or off',
      'Whether options are read from the environment. An option of a client, not of a call.'
    )
    # end of generated: options
  }.each_value(&:freeze).freeze
end
