# frozen_string_literal: true

require 'ffi'
require_relative 'version'

module AuraUsers
  # The C library cannot be loaded: it is missing, or it has another version.
  class LibraryNotFoundError < LoadError; end

  # Finds the C library: AURA_USERS_LIBRARY, then the gem's own folder, then the system's.
  #
  # @api private
  module Library
    ABI = VERSION[/\A\d+\.\d+/]
    FILE, SYSTEM = if FFI::Platform.mac?
                     ['libaura_users.dylib', "libaura_users.#{ABI}.dylib"]
                   else
                     ['libaura_users.so', "libaura_users.so.#{ABI}"]
                   end
    OWN = File.expand_path("../../native/#{FFI::Platform::OS.sub('darwin', 'macos')}-#{FFI::Platform::ARCH}/#{FILE}",
                           __dir__)

    class << self
      # Returns the argument for ffi_lib. Raises LibraryNotFoundError.
      def path
        chosen = ENV.fetch('AURA_USERS_LIBRARY', '')
        return check(chosen, "AURA_USERS_LIBRARY is #{chosen.inspect}, and it cannot be loaded") unless chosen.empty?
        return check(OWN, "#{OWN} cannot be loaded") if File.exist?(OWN)

        check(SYSTEM, 'the C library of aura_users was not found. Looked at: AURA_USERS_LIBRARY (not set), ' \
                      "#{OWN} (not there), the system's #{SYSTEM}")
      end

      private

      def check(name, problem)
        library = FFI::DynamicLibrary.open(name, FFI::DynamicLibrary::RTLD_LAZY | FFI::DynamicLibrary::RTLD_LOCAL)
        found = version(library) or raise LibraryNotFoundError, "#{name} is not the C library of aura_users"
        return name if fits?(found)

        raise LibraryNotFoundError, "#{name} has version #{found}; this gem needs #{ABI}, from #{VERSION} on"
      rescue LibraryNotFoundError
        raise
      rescue LoadError => e
        raise LibraryNotFoundError, "#{problem}: #{e.message}"
      end

      def version(library)
        symbol = library.find_function('aura_version')
        symbol && FFI::Function.new(:string, [], symbol).call
      end

      def fits?(found)
        found.start_with?("#{ABI}.") && Gem::Version.new(found) >= Gem::Version.new(VERSION)
      end
    end
  end
end
