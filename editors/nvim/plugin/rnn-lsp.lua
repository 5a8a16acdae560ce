-- What is there as soon as Neovim starts; the rest is loaded when it is needed.
if vim.g.loaded_rnn_lsp or vim.fn.has("nvim-0.11") == 0 then
  return
end
vim.g.loaded_rnn_lsp = true

vim.api.nvim_set_hl(0, "RnnLspGhost", { link = "Comment", default = true })

vim.api.nvim_create_user_command("RnnLsp", function(command)
  require("rnn-lsp.command").run(command)
end, {
  nargs = "*",
  complete = function(...)
    return require("rnn-lsp.command").complete(...)
  end,
  desc = "Ask or tell rnn-lsp something",
})

for _, action in ipairs({ "accept", "accept_word", "accept_line", "dismiss", "suggest" }) do
  local plug = ("<Plug>(rnn-lsp-%s)"):format((action:gsub("_", "-")))
  vim.keymap.set("i", plug, function()
    return require("rnn-lsp").press(action, plug)
  end, { expr = true, replace_keycodes = false, desc = "rnn-lsp: " .. action })
end

local group = vim.api.nvim_create_augroup("rnn-lsp", {})

local function on(events, pattern, callback)
  vim.api.nvim_create_autocmd(events, { group = group, pattern = pattern, callback = callback })
end

---@param buffer integer
local function watch(buffer)
  local ghost = require("rnn-lsp.ghost")
  local name = "rnn-lsp.ghost." .. buffer
  local own = vim.api.nvim_create_augroup(name, {})
  local function here(events, callback)
    vim.api.nvim_create_autocmd(events, {
      group = own,
      buffer = buffer,
      callback = function()
        callback()
      end,
    })
  end
  here({ "TextChangedI", "TextChangedP" }, ghost.refresh)
  here("CursorMovedI", ghost.follow)
  here({ "InsertLeave", "BufLeave", "WinLeave" }, ghost.hide)
  -- A word taken from the popup is a change, but no event tells of it after the popup is gone.
  here("CompleteDone", vim.schedule_wrap(ghost.refresh))
end

on("LspAttach", nil, function(event)
  local client = vim.lsp.get_client_by_id(event.data.client_id)
  if not client or not require("rnn-lsp.client").is_ours(client) then
    return
  end
  require("rnn-lsp.revival").attached(client, event.buf)
  local native = require("rnn-lsp.native")
  if native.is_there() then
    native.attach(client, event.buf)
  else
    watch(event.buf)
  end
end)

on("LspDetach", nil, function(event)
  local client = vim.lsp.get_client_by_id(event.data.client_id)
  if client and require("rnn-lsp.client").is_ours(client) then
    require("rnn-lsp.ghost").hide()
    pcall(vim.api.nvim_del_augroup_by_name, "rnn-lsp.ghost." .. event.buf)
  end
end)
