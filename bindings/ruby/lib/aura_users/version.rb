# frozen_string_literal: true

module AuraUsers
  # The version of this gem. It works with a library of the same ABI that is at least as new.
  VERSION = '0.1.0'
end
