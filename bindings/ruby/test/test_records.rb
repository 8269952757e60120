# frozen_string_literal: true

require_relative 'helper'

# Records as Ruby's objects.
class RecordsTest < AuraTest
  JSON_TEXT = '{"username":"eric","inserted_at":"2014-03-01T12:00:00.123456Z","updated_at":"2014-03-01T12:00:00",' \
              '"handles":null,"packages":[{"name":"ecto","new":1}],"level":3}'

  def user
    AuraUsers::User.new(JSON_TEXT)
  end

  def test_fields_and_unknown_fields
    assert_equal ['eric', nil, {}], [user.username, user.full_name, user.handles]
    assert_equal({ 'level' => 3 }, user.extra)
    assert_equal 3, user[:level]
    assert_equal [AuraUsers::Package.new('ecto')], user.packages
    assert_equal JSON_TEXT, user.raw_json
    assert_equal "[#{JSON_TEXT}]", JSON.generate([user])
  end

  def test_times
    assert_equal Time.utc(2014, 3, 1, 12, 0, 0, 123_456), user.inserted_at
    assert_equal Time.utc(2014, 3, 1, 12), user.updated_at
    ['2014-03-01 12:00:00Z', '2014-03-01t12:00:00z', '2014-03-01T13:30:00+01:30'].each do |text|
      assert_equal user.updated_at, AuraUsers::User.new(%({"inserted_at":"#{text}"})).inserted_at, text
    end
    ['"never"', '7', 'null', '"2014-13-45T00:00:00Z"'].each do |odd|
      assert_nil AuraUsers::User.new(%({"username":"e","inserted_at":#{odd}})).inserted_at
    end
  end

  def test_comparing_copying_matching
    assert_equal user, Marshal.load(Marshal.dump(user))
    assert_equal 1, [user, user.dup].uniq.size
    refute_equal user, AuraUsers::User.new('{"username":"eric"}')
    case user
    in { usrname: } then flunk("a name that the record does not have: #{usrname}")
    in { username: 'eric', inserted_at: Time => time, level: 3, full_name: nil } then assert_equal 2014, time.year
    end
  end

  def test_json_that_cannot_be_read
    ['{"username":', "[#{'[' * 2000}#{']' * 2000}]"].each do |text|
      record = AuraUsers::User.new(text)
      %i[username to_h extra hash].each { |name| assert_raises(AuraUsers::DecodeError) { record.public_send(name) } }
      assert_equal text, record.raw_json
    end
  end

  def test_records_do_not_change
    assert_raises(FrozenError) { user.packages << 1 }
    assert_raises(FrozenError) { user.username << 'x' }
    frozen = user.freeze
    assert_equal [3, 'eric'], [frozen[:level], frozen.username]
    row = AuraUsers::Page.new(%("a"\x1E{"action":"a","params":{"x":1}}\x1E)).rows.first
    [row.dup.freeze, Ractor.make_shareable(row)].each { |one| assert_equal({ 'x' => 1 }, one.params) }
    user.to_h['username'] << 'x'
    assert_equal 'eric', user.username
  end
end
