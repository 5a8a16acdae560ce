-- :RnnLsp and its subcommands.
local client_of = require("rnn-lsp.client")
local M = {}

local function tell(text)
  vim.notify("rnn-lsp: " .. text)
end

---The current buffer's client, or any; a message where there is none.
---@return vim.lsp.Client?
local function client()
  local found = client_of.of(0) or client_of.all()[1]
  if not found then
    vim.notify("rnn-lsp is not running here; :checkhealth rnn-lsp tells why", vim.log.levels.WARN)
  end
  return found
end

local function uri()
  return { uri = vim.uri_from_bufnr(0) }
end

local scopes = {
  buffer = uri,
  filetype = function()
    local found = client_of.of(0)
    local filetype = vim.bo.filetype
    return { languageId = found and found.get_language_id and found.get_language_id(0, filetype) or filetype }
  end,
  everywhere = function() end,
}

---Pauses, resumes or toggles a scope.
local function switch(command)
  return function(arguments)
    local name = arguments[1] or "everywhere"
    local scope, found = scopes[name], client()
    if not scope then
      return tell("expected buffer, filetype or everywhere, found " .. name)
    elseif found then
      client_of.run(found, command, { scope() }, function(answer)
        tell((answer.enabled and "on" or "paused") .. " (" .. name .. ")")
        require("rnn-lsp.ghost").hide()
      end)
    end
  end
end

local function hide_ghost(found, show)
  require("rnn-lsp.ghost").hide()
  local native = require("rnn-lsp.native")
  if native.is_there() then
    native.switch(found, show ~= "popup")
  end
end

---Changes how suggestions are shown, until the server ends.
local function show(arguments)
  local found, how = client(), arguments[1]
  if not vim.list_contains({ "popup", "ghost", "both" }, how) then
    tell("expected popup, ghost or both, found " .. (how or "nothing"))
  elseif found then
    client_of.set(found, "show", how)
    hide_ghost(found, how)
    tell("show " .. how)
  end
end

local function files(count)
  return count .. (count == 1 and " file" or " files")
end

---A buffer to read an answer in.
local function page(name, lines)
  vim.cmd.new()
  vim.bo.buftype, vim.bo.bufhidden, vim.bo.swapfile = "nofile", "wipe", false
  pcall(vim.api.nvim_buf_set_name, 0, "rnn-lsp://" .. name)
  vim.api.nvim_buf_set_lines(0, 0, -1, false, lines)
  vim.bo.modifiable = false
end

local function status()
  local found = client()
  if found then
    client_of.run(found, "status", {}, function(answer)
      local here = vim.iter(answer.documents):find(function(document)
        return document.uri == uri().uri
      end)
      local lines = {
        ("%s, %s"):format(answer.version, answer.enabled and "on" or "paused"),
        "model: " .. (type(answer.model) == "string" and answer.model or "the one compiled in"),
        ("this buffer: %s"):format(not here and "not served" or not here.isProse and "no prose" or here.enabled and "on" or "paused"),
        ("asked: %d times for words (%d answers empty), %d times for ghost text"):format(
          answer.requests.completion,
          answer.requests.completionEmpty,
          answer.requests.inlineCompletion
        ),
      }
      for _, warning in ipairs(answer.warnings) do
        lines[#lines + 1] = "warning: " .. warning
      end
      tell(table.concat(lines, "\n"))
    end)
  end
end

local function learned()
  local found = client()
  if found then
    client_of.run(found, "learned", {}, function(answer)
      local lines = { ("%d words learned from %s"):format(answer.words, files(#answer.files)), "" }
      for _, file in ipairs(answer.files) do
        lines[#lines + 1] = ("%8d words  %s"):format(file.words or 0, file.path)
      end
      vim.list_extend(lines, { "", "New words:" })
      for _, word in ipairs(answer.newWords) do
        lines[#lines + 1] = ("%8d times  %s"):format(word[2], word[1])
      end
      page("learned", lines)
    end)
  end
end

---Whole paths, each as an argument of a command of the server.
local function paths(arguments)
  return vim.tbl_map(function(path)
    return { path = vim.fs.abspath(vim.fs.normalize(path)) }
  end, arguments)
end

local function learn(arguments)
  local found = client()
  if found then
    client_of.run(found, "learn", #arguments > 0 and paths(arguments) or { uri() }, function(answer)
      tell("learned " .. files(answer.files))
    end)
  end
end

---The word that was given, or else the one under the cursor; empty where there is none.
local function word_of(argument)
  return argument or vim.fn.expand("<cword>")
end

local function forget(arguments)
  local found = client()
  local kind, what = arguments[1], arguments[2]
  local argument
  if kind == "all" and not what then
    -- What is forgotten is gone.
    local sure = vim.fn.confirm("Forget everything that rnn-lsp learned?", "&Forget\n&Keep", 2) == 1
    argument = sure and { all = true } or nil
    if not sure then
      return
    end
  elseif kind == "word" and word_of(what) ~= "" then
    argument = { word = word_of(what) }
  elseif kind == "path" and what then
    argument = paths({ what })[1]
  elseif kind == "buffer" and not what then
    argument = uri()
  else
    return tell("expected buffer, path PATH, word WORD or all, found " .. table.concat(arguments, " "))
  end
  if found then
    client_of.run(found, "forget", { argument }, function(answer)
      local never = argument.word and (", and %s is not offered any more"):format(argument.word) or ""
      tell("forgot " .. files(answer.files) .. never)
    end)
  end
end

local function allow(arguments)
  local word = word_of(arguments[1])
  if word == "" then
    return tell("expected a WORD, found nothing under the cursor")
  end
  local found = client()
  if found then
    client_of.run(found, "allow", { { word = word } }, function(answer)
      tell(word .. (answer.wasForgotten and " is offered again" or " was not forgotten"))
    end)
  end
end

-- What is said after each of the commands about the network's weights.
local function done(command, text)
  return function()
    local found = client()
    if found then
      client_of.run(found, command, {}, function(answer)
        tell(text(answer or {}))
      end)
    end
  end
end

local function learning(arguments)
  local how = arguments[1]
  if how ~= "on" and how ~= "off" then
    return tell("expected on or off, found " .. (how or "nothing"))
  end
  done(how == "on" and "resumeLearning" or "pauseLearning", function(answer)
    return answer.learning and "what is saved is learned" or "what is saved is not learned"
  end)()
end

local train = done("train", function()
  return "the weights will be tuned as soon as nobody types"
end)

local rollback = done("rollback", function(answer)
  return ("took back generation %s of the weights"):format(answer.takenBack)
end)

local function restart()
  local running = client_of.all()
  for _, each in ipairs(running) do
    client_of.restart(each)
  end
  if #running == 0 and not require("rnn-lsp.revival").retry() then
    client()
  end
end

-- Each with what may follow it.
local subcommands = {
  pause = { run = switch("pause"), next = vim.tbl_keys(scopes) },
  resume = { run = switch("resume"), next = vim.tbl_keys(scopes) },
  toggle = { run = switch("toggle"), next = vim.tbl_keys(scopes) },
  show = { run = show, next = { "both", "ghost", "popup" } },
  status = { run = status },
  learned = { run = learned },
  learn = { run = learn, files = 1 },
  forget = { run = forget, next = { "buffer", "path", "word", "all" }, files = 2 },
  allow = { run = allow },
  learning = { run = learning, next = { "on", "off" } },
  train = { run = train },
  rollback = { run = rollback },
  restart = { run = restart },
}

---The names, sorted.
function M.names()
  local names = vim.tbl_keys(subcommands)
  table.sort(names)
  return names
end

---@param command vim.api.keyset.create_user_command.command_args
function M.run(command)
  local name = command.fargs[1] or "status"
  local subcommand = subcommands[name]
  if not subcommand then
    return tell(("expected one of %s, found %s"):format(table.concat(M.names(), ", "), name))
  end
  subcommand.run(vim.list_slice(command.fargs, 2))
end

---What may stand where the cursor is.
---@param lead string
---@param line string
function M.complete(lead, line)
  local words = vim.split(vim.trim(line), "%s+")
  local subcommand = subcommands[words[2]]
  -- The number of words before the one that is being typed, without ":RnnLsp".
  local given = #words - 1 - (lead == "" and 0 or 1)
  local offers = {}
  if given == 0 then
    offers = M.names()
  elseif subcommand and given == 1 and subcommand.next then
    offers = subcommand.next
  elseif subcommand and subcommand.files and given >= subcommand.files then
    return vim.fn.getcompletion(lead, "file")
  end
  table.sort(offers)
  return vim.tbl_filter(function(offer)
    return vim.startswith(offer, lead)
  end, offers)
end

return M
