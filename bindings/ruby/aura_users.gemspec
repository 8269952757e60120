# frozen_string_literal: true

require_relative 'lib/aura_users/version'

Gem::Specification.new do |spec|
  spec.name = 'aura_users'
  spec.version = AuraUsers::VERSION
  spec.summary = 'A client of the users API of Hex.pm and of every Hex-compatible server'
  spec.description = 'Creates accounts, reads user records, requests password resets, and streams the audit log ' \
                     'without losing a row. It works with threads, Fiber schedulers, Timeout and fork.'
  spec.authors = ['The aura-users authors']
  spec.homepage = 'https://github.com/aura-users/aura-users'
  spec.license = 'Apache-2.0'
  spec.required_ruby_version = '>= 3.1'
  spec.metadata = {
    'source_code_uri' => "#{spec.homepage}/tree/main/bindings/ruby",
    'changelog_uri' => "#{spec.homepage}/blob/main/CHANGELOG.md",
    'bug_tracker_uri' => "#{spec.homepage}/issues",
    'rubygems_mfa_required' => 'true'
  }
  # A gem for one platform brings the C library in native/OS-ARCH; the plain gem uses the system's.
  spec.platform = Gem::Platform::CURRENT if Dir.exist?(File.join(__dir__, 'native'))
  spec.files = Dir.chdir(__dir__) { Dir['lib/**/*.rb', 'sig/*.rbs', 'native/**/*', 'README.md', 'LICENSE', 'tour.rb'] }
  spec.require_paths = ['lib']
  spec.add_dependency 'ffi', '~> 1.15'
end
