# frozen_string_literal: true

module AuraUsers
  # An option. `default` is text, or nil. `scope` is `:call`, or `:client` if a call cannot set the option.
  # `environment` has the variables that set it. `allowed` and `doc` describe its values and its effect.
  Option = Struct.new(:name, :type, :default, :scope, :environment, :allowed, :doc)

  # All options by name. `tools/generate.py` writes this table from the library's description.
  OPTIONS = {
    # generated: options
    repo_url: Option.new(
      :repo_url, :url, 'https://hex.pm/api', :call, %w[HEX_API_URL HEX_API],
      'an http or https URL without a user, a query and a fragment',
      'The base URL of the API.'
    ),
    api_key: Option.new(
      :api_key, :text, nil, :call, %w[HEX_API_KEY],
      'text without control characters',
      'The API key. It is sent as `Authorization: <key>`. For an OAuth token, write `Bearer <token>`.'
    ),
    otp: Option.new(
      :otp, :text, nil, :call, %w[HEX_OTP],
      'text without control characters',
      'The one-time password. It is sent as `X-Hex-OTP`.'
    ),
    timeout: Option.new(
      :timeout, :seconds, '15', :call, %w[HEX_HTTP_TIMEOUT],
      'seconds from 0.001 to 31536000',
      'The timeout of one attempt.'
    ),
    total_timeout: Option.new(
      :total_timeout, :seconds, '120', :call, %w[],
      'seconds from 0.001 to 31536000',
      'The timeout of the whole call. It includes retries and waits for the rate limit.'
    ),
    connect_timeout: Option.new(
      :connect_timeout, :seconds, '10', :call, %w[],
      'seconds from 0.001 to 31536000',
      'The timeout of connecting. It includes the TLS handshake.'
    ),
    max_retries: Option.new(
      :max_retries, :whole, '2', :call, %w[],
      'a whole number from 0 to 100',
      'The maximum number of retries. A GET is retried after a connection failure and after 429, 502, 503 and 504. ' \
      'A POST is retried only if the server cannot have processed it.'
    ),
    rate_limit: Option.new(
      :rate_limit, :choice, 'wait', :call, %w[],
      'wait or error',
      'What a call does if the server\'s rate limit is reached: wait until it resets, or fail.'
    ),
    prefetch: Option.new(
      :prefetch, :whole, '4', :call, %w[],
      'a whole number from 0 to 100',
      'The maximum number of audit-log pages to request ahead. The stream starts with few and requests more while ' \
      'it reads. With a value above the default, it requests all of them from the second page on.'
    ),
    page: Option.new(
      :page, :whole, '1', :call, %w[],
      'a whole number, at least 1',
      'The first page of the audit log to read.'
    ),
    proxy: Option.new(
      :proxy, :url, nil, :call, %w[],
      'an http, https, socks5 or socks5h URL',
      'The proxy for all requests. The URL may contain the user and the password of the proxy. If it is not set, ' \
      'the environment variables `http_proxy`, `https_proxy` and `all_proxy` are used, except for servers on the ' \
      'loopback.'
    ),
    no_proxy: Option.new(
      :no_proxy, :text, nil, :call, %w[no_proxy NO_PROXY],
      'domains, addresses and networks, separated by commas, or *',
      'The hosts to connect to without a proxy, separated by commas or spaces: domains, which include their ' \
      'subdomains, addresses and networks, each with an optional port; or `*` for all.'
    ),
    ca_file: Option.new(
      :ca_file, :path, nil, :call, %w[HEX_CACERTS_PATH],
      'the path of a PEM file',
      'A PEM file of root certificates to trust in addition to those of the system.'
    ),
    user_agent: Option.new(
      :user_agent, :text, nil, :call, %w[],
      'text without control characters',
      'The name of the program. It precedes the name of the library in `User-Agent`. The server stores the first ' \
      '255 code points of `User-Agent` in every audit row.'
    ),
    client_name: Option.new(
      :client_name, :text, nil, :call, %w[],
      'text without control characters, parentheses and backslashes',
      'The name and version of a library that uses this one, such as a language binding. It follows the name of ' \
      'this library in `User-Agent`, in parentheses.'
    ),
    max_body: Option.new(
      :max_body, :whole, '16777216', :call, %w[],
      'a whole number of bytes, at least 1',
      'The maximum size of a reply in bytes, after decompression.'
    ),
    max_connections: Option.new(
      :max_connections, :whole, '64', :call, %w[HEX_HTTP_CONCURRENCY],
      'a whole number from 1 to 100000',
      'The maximum number of connections to one server for started calls, streams and asynchronous clients. Further ' \
      'calls wait for a connection, and their timeouts apply.'
    ),
    cache: Option.new(
      :cache, :whole, '0', :call, %w[],
      'a whole number from 0 to 100000',
      'The maximum number of user records to cache in memory, by ETag. The server answers 304 if a cached record ' \
      'has not changed.'
    ),
    allow_insecure_http: Option.new(
      :allow_insecure_http, :boolean, 'false', :call, %w[],
      'true, false, 1, 0, yes, no, on or off',
      'Whether to send a credential over plain http to a server that is not on the loopback.'
    ),
    env: Option.new(
      :env, :boolean, 'true', :client, %w[],
      'true, false, 1, 0, yes, no, on or off',
      'Whether to read options from the environment. It is an option of a client only.'
    )
    # end of generated: options
  }.each_value(&:freeze).freeze

  # The environment variables that a client reads when it is created.
  # generated: variables
  VARIABLES = %w[
    HEX_API_URL HEX_API HEX_API_KEY HEX_OTP HEX_HTTP_TIMEOUT no_proxy NO_PROXY HEX_CACERTS_PATH HEX_HTTP_CONCURRENCY
    http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY CI HEX_UNSAFE_HTTPS REQUEST_METHOD
  ].freeze
  # end of generated: variables
  private_constant :VARIABLES
end
