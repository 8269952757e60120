# frozen_string_literal: true

require 'json'
require 'time'
require_relative 'errors'

module AuraUsers
  # A package that a user owns.
  Package = Struct.new(:name, :repository, :url, :html_url)
  # An organization, and the user's role in it.
  Organization = Struct.new(:name, :role)
  # The last rate limit that the server sent; `resets_in` is in seconds.
  RateLimit = Struct.new(:limit, :remaining, :resets_in)

  # A record of the server: its JSON, and its fields as Ruby's values. It is immutable.
  class Record
    # The maximum nesting of the JSON. The C library accepts replies of 127 levels.
    DEPTH = 128

    # The server's own text, byte for byte.
    attr_reader :raw_json

    # @api private
    def self.parse(json, **options)
      JSON.parse(json, max_nesting: DEPTH, **options)
    rescue JSON::ParserError => e
      raise DecodeError.new("decode: the JSON cannot be read: #{e.message}", message: e.message)
    end

    def initialize(raw_json)
      @raw_json = raw_json.frozen? ? raw_json : raw_json.dup.freeze
    end

    # All fields as the server names them, unknown ones included, as a Hash of your own.
    def to_h
      Record.parse(raw_json)
    end

    # The fields that have no method here.
    def extra
      fields.except(*self.class::NAMES)
    end

    # One field by its name in the JSON.
    def [](name)
      fields[name.to_s]
    end

    # For pattern matching: `in {username:}`. A time is a Time, as from the method. A name that the record does not have
    # does not match.
    def deconstruct_keys(names)
      (names || self.class::NAMES.map(&:to_sym)).each_with_object({}) do |name, found|
        if self.class::NAMES.include?(name.name) then found[name] = public_send(name)
        elsif fields.key?(name.name) then found[name] = self[name]
        end
      end
    end

    def ==(other)
      other.instance_of?(self.class) && fields == other.fields
    end
    alias eql? ==

    def hash
      [self.class, fields].hash
    end

    # `JSON.generate` writes the server's own JSON.
    def to_json(*)
      raw_json
    end

    # @api private
    def marshal_dump
      raw_json
    end

    # @api private
    def marshal_load(raw_json)
      initialize(raw_json)
    end

    protected

    def fields
      @fields || keep(Record.parse(raw_json, freeze: true))
    end

    private

    # Keeps the fields for the next time. A frozen record cannot.
    def keep(fields)
      @fields = fields unless frozen?
      fields
    end

    # RFC 3339 permits small letters, and a blank instead of the T. A time without an offset is in UTC.
    TIME = /\A(\d{4}-\d\d-\d\d)[Tt ]([\d:.]+)(?:[Zz]|([+-]\d\d:?\d\d))?\z/
    private_constant :TIME

    def time(name)
      day, clock, offset = fields[name].is_a?(String) && TIME.match(fields[name])&.captures
      Time.iso8601("#{day}T#{clock}#{offset || 'Z'}").utc if day
    rescue ArgumentError
      nil
    end

    def structs(name, type)
      list = fields[name]
      return unless list.is_a?(Array)

      list.grep(Hash).map { |one| type.new(*one.values_at(*type.members.map(&:name))).freeze }.freeze
    end

    def map(name)
      fields[name].is_a?(Hash) ? fields[name] : {}.freeze
    end
  end

  # A user's record.
  class User < Record
    NAMES = %w[username full_name email handles url inserted_at updated_at packages owned_packages
               organizations].freeze

    # The username, unique on the server, in lower case.
    def username = fields['username']
    # The person's name, or nil.
    def full_name = fields['full_name']
    # The public e-mail address, or nil.
    def email = fields['email']
    # Links to the person's other accounts, by display name.
    def handles = map('handles')
    # The URL of this record in the API.
    def url = fields['url']
    # When the account was created, a Time in UTC, or nil.
    def inserted_at = time('inserted_at')
    # When the account was last changed, a Time in UTC, or nil.
    def updated_at = time('updated_at')
    # The packages that the user owns and the caller may see; nil if the server does not send them.
    def packages = structs('packages', Package)
    # The URLs of the packages by name. The server deprecates it.
    def owned_packages = map('owned_packages')
    # The organizations of the user. Only the current user's record has them; otherwise it is nil.
    def organizations = structs('organizations', Organization)

    def inspect = "#<#{self.class} #{username}>"
  end

  # A page of an audit log. Each row has two texts: its action as JSON, and the whole row as JSON. To parse all rows at
  # once is faster than one by one.
  #
  # @api private
  class Page
    SEPARATOR = "\x1E"

    def initialize(text)
      @texts = text.split(SEPARATOR)
    end

    def rows
      Array.new(@texts.size / 2) do |index|
        AuditLog.new(@texts[(2 * index) + 1].freeze, @texts[2 * index], self, index)
      end
    end

    # Returns the fields of a row.
    def fields(index)
      return Record.parse(@texts[(2 * index) + 1], freeze: true) if frozen?

      @fields ||= Record.parse("[#{@texts.each_slice(2).map(&:last).join(',')}]", freeze: true)
      @fields[index]
    end
  end

  # A row of an audit log.
  class AuditLog < Record
    NAMES = %w[action user_agent params inserted_at].freeze

    def initialize(raw_json, action = nil, page = nil, index = nil)
      super(raw_json)
      @action = action
      @page = page
      @index = index
    end

    # What was done: `key.generate`, `release.publish` and the like.
    def action
      return fields['action'] if !@action || @action.include?('\\')

      @action[1..-2].freeze
    end

    # The `User-Agent` of the program that did it, or nil.
    def user_agent = fields['user_agent']
    # The details, frozen. Their structure depends on the action.
    def params = fields['params']
    # When it was done, a Time in UTC, or nil if the server does not send it.
    def inserted_at = time('inserted_at')

    def inspect = "#<#{self.class} #{action} #{params.inspect}>"

    protected

    def fields
      @fields || (@page ? keep(@page.fields(@index)) : super)
    end
  end
end
