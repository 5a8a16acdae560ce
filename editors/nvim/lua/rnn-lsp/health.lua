-- :checkhealth rnn-lsp
local client_of = require("rnn-lsp.client")
local native = require("rnn-lsp.native")
local M = {}

local function program()
  local config = vim.lsp.config.rnn_lsp
  local command = config and config.cmd
  if type(command) ~= "table" then
    return vim.health.warn("no command is configured", 'set it by vim.lsp.config("rnn_lsp", { cmd = { … } })')
  end
  if vim.fn.executable(command[1]) == 0 then
    local advice = "install it (cargo install --path . in its repository), or name it in cmd"
    return vim.health.error(("%s is not there or cannot be run"):format(command[1]), advice)
  end
  local answer = vim.system({ command[1], "--version" }, { text = true, timeout = 5000 }):wait()
  if answer.code == 0 then
    vim.health.ok(("%s: %s"):format(vim.fn.exepath(command[1]), vim.trim(answer.stdout)))
  else
    vim.health.error(("%s --version failed: %s"):format(command[1], vim.trim(answer.stderr or "")))
  end
end

local function servers()
  local running = client_of.all()
  if #running == 0 then
    if vim.lsp.is_enabled and not vim.lsp.is_enabled("rnn_lsp") then
      return vim.health.warn("not enabled", 'put vim.lsp.enable("rnn_lsp") into init.lua')
    end
    return vim.health.info("not running: no buffer of its file types is open")
  end
  for _, client in ipairs(running) do
    local buffers = vim.tbl_count(client.attached_buffers)
    vim.health.ok(("client %d serves %d buffers, positions in %s"):format(client.id, buffers, client.offset_encoding))
    local parameters = { command = "rnn-lsp.status" }
    local reply = client:request_sync("workspace/executeCommand", parameters, 2000, 0)
    for _, warning in ipairs(vim.tbl_get(reply or {}, "result", "warnings") or {}) do
      vim.health.warn(warning)
    end
    if not reply then
      vim.health.error("the server does not answer", ":RnnLsp restart")
    end
  end
end

local function popup()
  for _, plugin in ipairs({ "blink.cmp", "cmp" }) do
    if package.loaded[plugin] then
      return vim.health.info(plugin .. " shows the words in its own popup; :help rnn-lsp-plugins tells how it asks after a space")
    end
  end
  vim.health.ok("Neovim's own popup shows the words")
end

---Whether a key in insert mode does one of our actions.
local function is_mapped()
  for _, map in ipairs(vim.list_extend(vim.api.nvim_get_keymap("i"), vim.api.nvim_buf_get_keymap(0, "i"))) do
    local ours = (map.desc or ""):find("^rnn%-lsp: accept") or (map.rhs or ""):find("<Plug>(rnn-lsp-accept", 1, true)
    if ours and not map.lhs:find("^<Plug>") then
      return true
    end
  end
  return false
end

local function ghost_text()
  vim.health.ok(native.is_there() and "Neovim's own ghost text (vim.lsp.inline_completion)" or "ghost text by this plugin")
  if not is_mapped() then
    local advice = 'for example require("rnn-lsp").map("<Tab>", "accept"); a mapping of your own that calls it is not seen here'
    vim.health.warn("no key is mapped that accepts ghost text", advice)
  end
end

function M.check()
  vim.health.start("rnn-lsp: the program")
  if vim.fn.has("nvim-0.11") == 0 then
    vim.health.error("Neovim 0.11 or later is needed")
    return
  end
  program()
  vim.health.start("rnn-lsp: servers")
  servers()
  vim.health.start("rnn-lsp: what is shown")
  popup()
  ghost_text()
end

return M
