-- rnn-lsp in a real Neovim: type, see the popup, accept, undo.
--
--   nvim -l tests/nvim/smoke.lua target/debug/rnn-lsp [--model FILE]
--
-- A second Neovim is started as a child and gets its keys as from a terminal. Prints what it saw; exit status 0 when
-- all of it held. What the model offers here is sure enough for any English model that is worth shipping.
local here = vim.fs.dirname(vim.fs.abspath(arg[0]))
local program = vim.fs.abspath(assert(arg[1], "usage: nvim -l smoke.lua PATH-OF-RNN-LSP [ARGUMENTS]"))
local command = { program, "--stdio", unpack(arg, 2) }
local tmp = vim.fn.tempname()
vim.fn.mkdir(tmp, "p")
local failed = 0

local function check(what, ok, saw)
  local seen = saw == nil and "" or "  saw " .. vim.inspect(saw, { newline = "", indent = "" })
  print((ok and "ok   " or "FAIL ") .. what .. seen)
  if not ok then
    failed = failed + 1
  end
end

-- Polls until `f` gives something true, and returns it.
local function wait(what, f)
  local got
  local held = vim.wait(10000, function()
    got = f()
    return got
  end, 10)
  if not held then
    error("timed out: " .. what, 0)
  end
  return got
end

-- Starts a Neovim on a new file, waits for the server, and runs `test` with a way to call it.
local function session(name, lines, test)
  local file = tmp .. "/" .. name
  vim.fn.writefile(lines, file)
  local child = vim.fn.jobstart({ vim.v.progpath, "--headless", "--embed", "-u", here .. "/init.lua", file }, {
    rpc = true,
    -- Without a home of its own the test would read the user's configuration.
    env = {
      RNN_LSP = vim.json.encode(command),
      XDG_CONFIG_HOME = tmp,
      XDG_DATA_HOME = tmp,
      XDG_STATE_HOME = tmp,
      XDG_CACHE_HOME = tmp,
    },
  })
  local nvim = setmetatable({}, {
    __index = function(_, method)
      return function(...)
        return vim.rpcrequest(child, "nvim_" .. method, ...)
      end
    end,
  })
  local ok, problem = pcall(function()
    wait("the server is attached", function()
      local attached = "return #vim.lsp.get_clients({ bufnr = 0, name = 'rnn_lsp' }) == 1 and vim.lsp.get_clients()[1].initialized"
      return nvim.exec_lua(attached, {}) == true
    end)
    test(nvim, file)
    local messages = nvim.exec2("messages", { output = true }).output
    check(name .. ": no message disturbs the writer", not messages:find("[Ee]rror") and not messages:find("rnn"), messages)
    check(name .. ": the server lives", nvim.exec_lua("return not vim.lsp.get_clients()[1]:is_stopped()", {}))
  end)
  if not ok then
    check(name, false, problem)
  end
  vim.fn.jobstop(child)
end

local function popup(nvim)
  local info = nvim.call_function("complete_info", { { "pum_visible", "items", "selected" } })
  if info.pum_visible ~= 1 then
    return nil
  end
  return vim.tbl_map(function(item)
    return item.word
  end, info.items), info.selected
end

-- Waits for a popup that offers `word`.
local function offered(nvim, word)
  return wait("popup with " .. word, function()
    local words = popup(nvim)
    return words and vim.tbl_contains(words, word) and words
  end)
end

-- Chooses `word` in the open popup and takes it.
local function accept(nvim, word)
  for index, offer in ipairs(offered(nvim, word)) do
    nvim.input("<C-n>")
    wait("choice " .. index, function()
      return select(2, popup(nvim)) == index - 1
    end)
    if offer == word then
      break
    end
  end
  nvim.input("<C-y>")
  wait("popup gone", function()
    return not popup(nvim)
  end)
end

local function normal(nvim)
  nvim.input("<Esc>")
  wait("normal mode", function()
    return nvim.get_mode().mode == "n"
  end)
end

session("writing.md", { "" }, function(nvim, file)
  nvim.input("iThe president of the United Sta")
  local words = offered(nvim, "States")
  local fit = vim.iter(words):all(function(word)
    return vim.startswith(word:lower(), "sta")
  end)
  check("a popup as the word grows", fit and #words <= 5, words)
  accept(nvim, "States")
  check("the word is accepted", nvim.get_current_line() == "The president of the United States", nvim.get_current_line())

  normal(nvim)
  nvim.input("a of Ame")
  accept(nvim, "America")
  normal(nvim)
  check("another one", nvim.get_current_line() == "The president of the United States of America", nvim.get_current_line())
  nvim.input("u")
  check("undo takes it back", nvim.get_current_line() == "The president of the United States", nvim.get_current_line())
  nvim.input("<C-r>")
  check("redo brings it again", nvim.get_current_line() == "The president of the United States of America", nvim.get_current_line())

  nvim.input("o<CR>He was born in the United ")
  offered(nvim, "States")
  check("a popup after a space", true)
  nvim.input("<CR>next")
  normal(nvim)
  local lines = nvim.buf_get_lines(0, 0, -1, false)
  check("Enter with the popup open is a new line", lines[3] == "He was born in the United " and lines[4] == "next", lines)
  nvim.command("write")
  check("what was written is on the disk", vim.deep_equal(vim.fn.readfile(file), lines))
end)

session("characters.md", { "Das Café über 🦀🇪🇺 naïve e\204\129tudes — 日本語.", "" }, function(nvim)
  nvim.input("Go🦀 The café is in the United Sta")
  accept(nvim, "States")
  nvim.input(", for the first ti")
  accept(nvim, "time")
  normal(nvim)
  local line = nvim.get_current_line()
  check("words after an emoji and accents", line == "🦀 The café is in the United States, for the first time", line)
  nvim.input("ggA One of the United Sta")
  accept(nvim, "States")
  normal(nvim)
  line = nvim.get_current_line()
  check("words after flags and combining marks", vim.endswith(line, "日本語. One of the United States"), line)
end)

session("code.md", { "Prose.", "", "```", "the United Sta", "```", "" }, function(nvim)
  local ask = [[
    local line, column = ...
    local params = { textDocument = vim.lsp.util.make_text_document_params(0), position = { line = line, character = column } }
    local reply = vim.lsp.get_clients()[1]:request_sync("textDocument/completion", params, 5000, 0)
    return vim.tbl_map(function(item) return item.label end, (reply.result or {}).items or reply.result or {})
  ]]
  local words = nvim.exec_lua(ask, { 3, 14 })
  check("nothing is offered in code", #words == 0, words)
end)

print(failed == 0 and "all held" or failed .. " failed")
vim.fn.delete(tmp, "rf")
os.exit(failed == 0 and 0 or 1)
