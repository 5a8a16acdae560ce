-- Drives real Neovims. A test file is run as `nvim -l tests/nvim/FILE.lua PATH-OF-RNN-LSP`: it starts other Neovims as
-- children, which get their keys as from a terminal. Prints what it saw.
local M = {}

local here = vim.fs.dirname(vim.fs.abspath(debug.getinfo(1, "S").source:sub(2)))
local program = vim.fs.abspath(assert(arg[1], "usage: nvim -l FILE.lua PATH-OF-RNN-LSP [ARGUMENTS]"))
local command = { program, "--stdio", unpack(arg, 2) }
local tmp = vim.fn.tempname()
vim.fn.mkdir(tmp, "p")
local failed = 0

function M.check(what, ok, saw)
  local seen = saw == nil and "" or "  saw " .. vim.inspect(saw, { newline = "", indent = "" })
  print((ok and "ok   " or "FAIL ") .. what .. seen)
  if not ok then
    failed = failed + 1
  end
end

-- Checks that two values are equal.
function M.same(what, saw, expected)
  M.check(what, vim.deep_equal(saw, expected), saw)
  if not vim.deep_equal(saw, expected) then
    print("     expected " .. vim.inspect(expected, { newline = "", indent = "" }))
  end
end

-- Polls until `f` gives something true, and returns it.
function M.wait(what, f)
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

local methods = {}

-- A path that only this run uses.
function M.path(name)
  return tmp .. "/" .. name
end

-- Runs Lua in the child.
function methods:lua(code, ...)
  return self.exec_lua(code, { ... })
end

function methods:attached()
  M.wait("the server is attached", function()
    return self:lua([[
      local client = vim.lsp.get_clients({ bufnr = 0, name = "rnn_lsp" })[1]
      return client ~= nil and client.initialized == true and not client:is_stopped()
    ]])
  end)
end

function methods:popup()
  local info = self.call_function("complete_info", { { "pum_visible", "items", "selected" } })
  if info.pum_visible ~= 1 then
    return nil
  end
  return vim.tbl_map(function(item)
    return item.word
  end, info.items), info.selected
end

-- Waits for a popup that offers `word`.
function methods:offered(word)
  return M.wait("popup with " .. word, function()
    local words = self:popup()
    return words and vim.tbl_contains(words, word) and words
  end)
end

-- Chooses `word` in the open popup and takes it.
function methods:accept(word)
  for index, offer in ipairs(self:offered(word)) do
    self.input("<C-n>")
    M.wait("choice " .. index, function()
      return select(2, self:popup()) == index - 1
    end)
    if offer == word then
      break
    end
  end
  self.input("<C-y>")
  M.wait("popup gone", function()
    return not self:popup()
  end)
end

-- The ghost text on the screen, and where it stands.
function methods:ghost()
  local marks = self:lua([[
    local namespace = vim.api.nvim_get_namespaces()["rnn-lsp.ghost"]
    return namespace and vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true }) or {}
  ]])
  local mark = marks[1]
  return mark and mark[4].virt_text[1][1], mark and { mark[2], mark[3] }
end

-- Waits for ghost text that `fits`, by default any.
function methods:ghosted(fits)
  return M.wait("ghost text", function()
    local text = self:ghost()
    return text and (not fits or fits(text)) and text
  end)
end

function methods:unghosted()
  M.wait("no ghost text", function()
    return not self:ghost()
  end)
end

-- Waits until the line is `text`: keys take effect one after the other.
function methods:line(what, text)
  local held = pcall(M.wait, what, function()
    return self.get_current_line() == text
  end)
  M.check(what, held, self.get_current_line())
  if not held then
    print("     expected " .. vim.inspect(text))
  end
end

function methods:normal()
  self.input("<Esc>")
  M.wait("normal mode", function()
    return self.get_mode().mode == "n"
  end)
end

-- Starts a Neovim on a new file, waits for the server, and runs `test` with a way to call it. Options: `config`, what is
-- given to vim.lsp.config; `lua`, what init.lua runs besides; `noisy`, when messages are expected.
function M.session(name, lines, options, test)
  local file = M.path(name)
  vim.fn.writefile(lines, file)
  local child = vim.fn.jobstart({ vim.v.progpath, "--headless", "--embed", "-u", here .. "/init.lua", file }, {
    rpc = true,
    -- Without a home of its own the test would read the user's configuration.
    env = {
      RNN_LSP = vim.json.encode(vim.tbl_extend("force", { cmd = command }, options.config or {})),
      RNN_LSP_LUA = options.lua or "",
      XDG_CONFIG_HOME = tmp,
      XDG_DATA_HOME = tmp,
      XDG_STATE_HOME = tmp,
      XDG_CACHE_HOME = tmp,
    },
  })
  local nvim = setmetatable({}, {
    __index = function(_, method)
      return methods[method] or function(...)
        return vim.rpcrequest(child, "nvim_" .. method, ...)
      end
    end,
  })
  local ok, problem = pcall(function()
    nvim:attached()
    test(nvim, file)
    local messages = nvim.exec2("messages", { output = true }).output
    if not options.noisy then
      M.check(name .. ": no message disturbs the writer", not messages:find("[Ee]rror") and not messages:find("rnn%-lsp:"), messages)
    end
    M.check(name .. ": the server lives", nvim:lua("return not vim.lsp.get_clients()[1]:is_stopped()"))
  end)
  if not ok then
    M.check(name, false, problem)
  end
  vim.fn.jobstop(child)
end

-- Says how it went and ends.
function M.finish()
  print(failed == 0 and "all held" or failed .. " failed")
  vim.fn.delete(tmp, "rf")
  os.exit(failed == 0 and 0 or 1)
end

return M
