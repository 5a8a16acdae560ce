-- What a statusline shows. It is drawn often, so all of it is known beforehand: the server tells its state when it changes.
local client_of = require("rnn-lsp.client")
local M = {}

---What the notification rnn-lsp/state tells; editors/README.md has the fields.
---@type table<integer, table> by client id
local states = {}

---@param buffer integer 0 is the current one
---@return string
function M.text(buffer)
  local client = client_of.of(buffer)
  if not client then
    return ""
  end
  local state = states[client.id] or {}
  local is_on = vim.tbl_get(state, "documents", vim.uri_from_bufnr(buffer))
  local parts = { "rnn" }
  if is_on == false then
    parts[#parts + 1] = "paused"
  end
  if state.loading then
    parts[#parts + 1] = "loading"
  end
  return table.concat(parts, " ")
end

---Takes over what a server told.
---@param id integer of the client
function M.told(id, state)
  states[id] = state
  vim.cmd.redrawstatus()
end

---@param id integer of a client that has ended
function M.forget(id)
  states[id] = nil
end

return M
